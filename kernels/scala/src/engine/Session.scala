package dotty.tools.repl
package labinit

import _root_.almond.interpreter.api.DisplayData
import _root_.labinit.jvm.Stopped
import _root_.labinit.repl.Progress
import dotty.tools.dotc.classpath.ClassPathFactory
import dotty.tools.dotc.config.Platform
import dotty.tools.dotc.core.Contexts.*
import dotty.tools.dotc.core.{Flags, SymbolLoaders}
import dotty.tools.dotc.core.Decorators.toTermName
import dotty.tools.dotc.core.Phases.typerPhase
import dotty.tools.dotc.core.StdNames.nme
import dotty.tools.dotc.core.Symbols.{Symbol, defn, requiredModule}
import dotty.tools.dotc.core.Types.ConstantType
import dotty.tools.dotc.interactive.Completion
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
 * What a cell has led to.
 * Shape: text is the REPL's, values are those that are shown as more, in their order.
 */
final case class Outcome(
    text: String,
    compiled: Boolean,
    thrown: Option[Throwable],
    values: List[(Any, DisplayData)]
)

/** Scala's REPL with its state: compiles and runs cells, knows names. */
final class Session(
    libraries: Libraries,
    printed: ByteArrayOutputStream,
    settings: Array[String],
    view: View
) extends ReplDriver(
      settings, PrintStream(printed, true, StandardCharsets.UTF_8), Some(libraries), ""):
  private var cells = CellRendering(libraries, view)
  rendering = cells
  private var state = initialState
  // Every run of the compiler starts from it; the field of the class above is private.
  private var root = state.context

  override def redirectOutput: Boolean = false

  // Called by the constructor above, when the parameters of this class are there,
  // and nothing else is.
  override protected def initCtx: Context = Tables(libraries).initialCtx

  override protected def resetToInitial(settings: List[String]): Unit =
    super.resetToInitial(settings)
    // In the constructor of the class above there is no field of this one yet;
    // `:reset` comes later.
    if cells != null then
      cells = CellRendering(libraries, view)
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
    if code.matches("(?s):(rese|sett).*") then root = after.context
    val ran = state.objectIndex != before.objectIndex
    if progress.thrown.isDefined && ran && (state ne running) then keepDefinitions(progress)
    val text = printed.toString(StandardCharsets.UTF_8).stripTrailing
    Outcome(
      text, ran || text.isEmpty || code.startsWith(":"),
      progress.thrown.map(Rendering.rootCause), progress.shown.toList)

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

  /** Have the compiler's next run go with other options. */
  def configure(change: FreshContext => Unit): Unit = root match
    case context: FreshContext => change(context)
    case other => throw IllegalStateException(s"the REPL's context is a $other")

  /** Options as the compiler's own command line takes them. */
  def addOptions(options: List[String]): Unit = configure: context =>
    val read = context.settings.processArguments(options, true, context.settingsState)
    // What is no option is a warning to it, and so is an option's older name.
    (read.errors ++ read.warnings.filter(_.startsWith("bad option")) ++ read.arguments).headOption
      .foreach(problem => throw IllegalArgumentException(problem))
    context.setSettings(read.sstate)

  /** Definitions as they are now, for going back to them. */
  def snapshot: State = state
  def restore(snapshot: State): Unit = state = snapshot.copy(
    objectIndex = state.objectIndex,
    invalidObjectIndexes =
      snapshot.invalidObjectIndexes ++ (snapshot.objectIndex + 1 to state.objectIndex))

  /** Jars that the following cells can name. */
  def addJars(jars: Seq[Path]): Unit = inContext(state.context):
    val entries = jars.map(jar =>
      ClassPathFactory.newClassPath(AbstractFile.getDirectory(jar.toString)))
    entries.foreach(ctx.platform.addToClassPath)
    for (jar, entry) <- jars.zip(entries) do
      libraries.add(jar, entry)
      reopen(defn.RootClass, ClassPath.RootPackage, entry)
      SymbolLoaders.mergeNewEntries(
        defn.RootClass, ClassPath.RootPackage, entry, ctx.platform.classPath)

  /**
   * The compiler reads packages again that a library adds to. One that it has read before would
   * look to it as if it was reading it just now: a cycle.
   */
  private def reopen(outer: Symbol, name: String, library: ClassPath)(using Context): Unit =
    for found <- library.packages(name) do
      val symbol = outer.info.decl(found.name.split('.').last.toTermName).symbol
      if symbol.exists && symbol.isCompleted then
        reopen(symbol.moduleClass, found.name, library)
        if library.classes(found.name).nonEmpty then symbol.moduleClass.resetFlag(Flags.Touched)

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
