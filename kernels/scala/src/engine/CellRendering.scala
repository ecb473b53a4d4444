package dotty.tools.repl
package labinit

import _root_.almond.interpreter.api.DisplayData
import _root_.labinit.repl.Progress
import dotty.tools.dotc.core.Contexts.*
import dotty.tools.dotc.core.Denotations.Denotation
import dotty.tools.dotc.reporting.Diagnostic
import dotty.tools.io.AbstractFile

import java.lang.reflect.InvocationTargetException
import scala.util.control.NonFatal

/**
 * Loads the classes of cells, so that they can be stopped;
 * all others come from above, as they are.
 */
private final class CellLoader(root: AbstractFile, parent: ClassLoader)
    extends AbstractFileClassLoader(
      root, parent, AbstractFileClassLoader.InterruptInstrumentation.Disabled):
  override def findClass(name: String): Class[?] =
    val parts = name.split("[./]").toList
    val folder = parts.init.foldLeft(root)((found, part) =>
      if found == null then null else found.lookupName(part, true))
    val file = if folder == null then null else folder.lookupName(s"${parts.last}.class", false)
    if file == null then throw ClassNotFoundException(name)
    val bytes = ReplBytecodeInstrumentation.instrument(Initializer.defer(name, file.toByteArray))
    defineClass(name, bytes, 0, bytes.length)

/** How the values of cells are shown. Shape: view is given a value's name, itself and its text. */
final case class View(
    pprinter: () => pprint.PPrinter,
    view: (String, Any, String) => Option[DisplayData]
)

/**
 * Runs a cell's code before the first of its values is shown, tells of what is thrown, and leaves
 * out of the text what is shown as more than that.
 */
private final class CellRendering(libraries: ClassLoader, view: View)
    extends Rendering(Some(libraries)):
  private var latest: Option[Any] = None

  private[repl] override def classLoader()(using Context) =
    if myClassLoader == null || myClassLoader.root != ctx.settings.outputDir.value then
      myClassLoader = CellLoader(ctx.settings.outputDir.value, libraries)
    myClassLoader

  def start(cell: String)(using Context): Unit =
    Progress.current.start(Class.forName(cell, true, classLoader()))

  override def renderVal(value: Denotation)(using Context) =
    start(value.symbol.owner.fullName.encode.toString)
    latest = None
    val rendered =
      if Progress.current.thrown.isDefined then Right(None) else super.renderVal(value)
    val text = rendered.toOption.flatten.map(_.message).mkString
    val shown = latest.flatMap(found =>
      view.view(value.symbol.name.show, found, text).map(data => (found, data)))
    Progress.current.shown ++= shown
    if shown.isEmpty then rendered else Right(None)

  override def renderError(failure: Throwable, denotation: Denotation)(using Context): Diagnostic =
    Progress.current.fail(failure)
    super.renderError(failure, denotation)

  private[repl] override def replStringOf(value: Object, prefixLength: Int)(using Context): String =
    latest = Option(value)
    value match
      case nodes: scala.xml.NodeSeq => nodes.toString
      // pprint would compute its elements.
      case elements: LazyList[?] => elements.toString
      case other =>
        // As the REPL itself has it: the value is there, whatever becomes of its text.
        try view.pprinter()(other, initialOffset = prefixLength).plainText
        catch case NonFatal(failure) => throw InvocationTargetException(failure)
