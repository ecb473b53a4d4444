package dotty.tools.repl
package labinit

import _root_.labinit.jvm.Stopped
import _root_.labinit.repl.Progress
import dotty.tools.dotc.classpath.ClassPathFactory
import dotty.tools.dotc.config.Platform
import dotty.tools.dotc.core.Contexts.*
import dotty.tools.dotc.core.Denotations.Denotation
import dotty.tools.dotc.core.{Flags, SymbolLoaders}
import dotty.tools.dotc.core.Phases.typerPhase
import dotty.tools.dotc.core.StdNames.nme
import dotty.tools.dotc.core.Symbols.{Symbol, defn, requiredModule}
import dotty.tools.dotc.core.Types.ConstantType
import dotty.tools.dotc.interactive.Completion
import dotty.tools.dotc.reporting.Diagnostic
import dotty.tools.dotc.util.ParsedComment
import dotty.tools.io.{AbstractFile, ClassPath}

import java.io.{ByteArrayOutputStream, PrintStream}
import java.net.{URL, URLClassLoader}
import java.nio.charset.StandardCharsets
import java.nio.file.Path
import scala.util.control.NonFatal

import Rendering.showUser

/** Where cells find the classes of the jars they add, and those of the engine. */
final class Libraries extends URLClassLoader(Array[URL](), classOf[Libraries].getClassLoader):
  private var entries = List[ClassPath]()

  def add(jar: Path, entry: ClassPath): Unit =
    addURL(jar.toUri.toURL)
    entries = entries :+ entry

  /** What the compiler reads of them. */
  def classPath: List[ClassPath] = entries

/** The compiler's tables. Each of its runs makes its class path anew, from the settings alone. */
private final class Tables(libraries: Libraries) extends ContextBase:
  override protected def newPlatform(using Context): Platform =
    val platform = super.newPlatform
    libraries.classPath.foreach(platform.addToClassPath)
    platform

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

/**
 * Runs a cell's code before the first of its values is shown, tells of what is thrown, and writes
 * XML as XML.
 */
private final class CellRendering(libraries: ClassLoader) extends Rendering(Some(libraries)):
  private[repl] override def classLoader()(using Context) =
    if myClassLoader == null || myClassLoader.root != ctx.settings.outputDir.value then
      myClassLoader = CellLoader(ctx.settings.outputDir.value, libraries)
    myClassLoader

  def start(cell: String)(using Context): Unit =
    Progress.current.start(Class.forName(cell, true, classLoader()))

  override def renderVal(value: Denotation)(using Context) =
    start(value.symbol.owner.fullName.encode.toString)
    if Progress.current.thrown.isDefined then Right(None) else super.renderVal(value)

  override def renderError(failure: Throwable, denotation: Denotation)(using Context): Diagnostic =
    Progress.current.fail(failure)
    super.renderError(failure, denotation)

  private[repl] override def replStringOf(value: Object, prefixLength: Int)(using Context): String =
    value match
      case nodes: scala.xml.NodeSeq => nodes.toString
      case other => super.replStringOf(other, prefixLength)

/**
 * What a cell has led to.
 * Shape: text is the REPL's, values are those of its expressions, in their order.
 */
final case class Outcome(
    text: String,
    compiled: Boolean,
    thrown: Option[Throwable],
    values: List[Any]
)

/** Scala's REPL with its state: compiles and runs cells, knows names. */
final class Session(libraries: Libraries, printed: ByteArrayOutputStream, settings: Array[String])
    extends ReplDriver(
      settings, PrintStream(printed, true, StandardCharsets.UTF_8), Some(libraries), ""):
  private var cells = CellRendering(libraries)
  rendering = cells
  private var state = initialState

  override def redirectOutput: Boolean = false

  // Called by the constructor above, when the parameters of this class are there,
  // and nothing else is.
  override protected def initCtx: Context = Tables(libraries).initialCtx

  override protected def resetToInitial(settings: List[String]): Unit =
    super.resetToInitial(settings)
    // In the constructor of the class above there is no field of this one yet;
    // `:reset` comes later.
    if cells != null then
      cells = CellRendering(libraries)
      rendering = cells

  /** The number of the object that a cell's code becomes. */
  def nextIndex: Int = state.objectIndex + 1

  def stop(now: Boolean): Unit =
    ReplBytecodeInstrumentation.setStopFlag(libraries, now)

  /** Whatever is thrown while classes of the cell are loaded is part of the outcome. */
  def execute(code: String): Outcome =
    printed.reset()
    val progress = Progress.begin()
    val before = state
    // The number of a cell that is left behind, or cannot be loaded, must not be used again.
    val index = before.objectIndex + 1
    val running = before.copy(
      objectIndex = index, invalidObjectIndexes = before.invalidObjectIndexes + index)
    state = running
    val after = try compileAndRun(code, before) catch
      case failure: Throwable =>
        progress.fail(failure)
        running
    if state ne running then throw Stopped()
    state = after
    val ran = state.objectIndex != before.objectIndex
    if progress.thrown.isDefined && ran && (state ne running) then keepDefinitions(progress)
    val text = printed.toString(StandardCharsets.UTF_8).stripTrailing
    // The REPL uses the numbers of Unit's results again, so its own count says nothing.
    val numbers =
      if progress.thrown.isDefined then Iterator.empty else Iterator.from(before.valIndex)
    val values = numbers.map(value(state.objectIndex, _)).takeWhile(_.isDefined).flatten.toList
    Outcome(
      text, ran || text.isEmpty || code.startsWith(":"),
      progress.thrown.map(Rendering.rootCause), values)

  private def compileAndRun(code: String, before: State): State =
    val compiled = run(code)(using before)
    // One without values to show has not run yet.
    if compiled.objectIndex != before.objectIndex then
      cells.start(s"rs$$line$$${compiled.objectIndex}$$")(using compiled.context)
    compiled

  /**
   * Have the newest object, whose code has failed, offer what it has, without the values that are
   * not set.
   */
  private def keepDefinitions(progress: Progress): Unit = inContext(state.context):
    state = state.copy(invalidObjectIndexes = state.invalidObjectIndexes - state.objectIndex)
    atPhase(typerPhase):
      val cell = requiredModule(nme.EMPTY_PACKAGE ++ s".rs$$line$$${state.objectIndex}").moduleClass
      for
        value <- cell.info.decls.toList
        if isStored(value) && !progress.completed(value.name.mangledString)
      do cell.asClass.delete(value)

  /**
   * Whether a member has a field: a method has none, nor has a value of a type that has only one.
   */
  private def isStored(member: Symbol)(using Context): Boolean =
    member.isTerm && !member.isOneOf(Flags.Method | Flags.Lazy | Flags.Module)
      && !member.info.isInstanceOf[ConstantType]
      && !member.info.isRef(defn.UnitClass) && !member.info.isRef(defn.NullClass)

  private def value(index: Int, number: Int): Option[Any] =
    try
      val cell =
        Class.forName(s"rs$$line$$$index", true, rendering.classLoader()(using state.context))
      Some(cell.getMethod(s"res$number").invoke(null))
    catch case NonFatal(_) => None

  /** Jars that the following cells can name. */
  def addJars(jars: Seq[Path]): Unit = inContext(state.context):
    val entries = jars.map(jar =>
      ClassPathFactory.newClassPath(AbstractFile.getDirectory(jar.toString)))
    entries.foreach(ctx.platform.addToClassPath)
    for (jar, entry) <- jars.zip(entries) do
      libraries.add(jar, entry)
      SymbolLoaders.mergeNewEntries(
        defn.RootClass, ClassPath.RootPackage, entry, ctx.platform.classPath)

  def complete(code: String, cursor: Int): List[Completion] = completions(cursor, code, state)

  /** Signature and documentation of the name that ends at a position. */
  def describe(code: String, end: Int): List[String] =
    val start = code.lastIndexWhere(c => !Character.isJavaIdentifierPart(c), end - 1) + 1
    val name = code.substring(start, end)
    given Context = state.context
    for
      found <- complete(code, end).filter(_.label == name)
      symbol <- found.symbols
    yield
      val comment =
        try ParsedComment.docOf(symbol).map(_.renderAsMarkdown)
        catch case NonFatal(_) => None
      (symbol.showUser +: comment.toList).mkString("\n\n")

  def isIncomplete(code: String): Boolean = ParseResult.isIncomplete(code)(using state.context)

  def isInvalid(code: String): Boolean = ParseResult.complete(code)(using state) match
    case errors: SyntaxErrors => true
    case _ => false
