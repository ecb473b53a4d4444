package labinit.repl

import almond.{Setup, Show}
import almond.api.JupyterApi
import almond.interpreter.api.{DisplayData, OutputHandler}
import almond.display.UpdatableDisplay
import almond.toree.{CellMagicHook, LineMagicHook}
import ammonite.interp.api.InterpAPI
import ammonite.repl.api.ReplAPI
import ammonite.util.Ref
import dotty.tools.dotc.core.Contexts.FreshContext
import dotty.tools.repl.labinit.{Libraries, Outcome, Session, View}
import labinit.jvm.{CellError, Channel, Completion, Engine, Language, Stopped}

import java.awt.{Component, Image}
import java.awt.image.RenderedImage
import java.io.ByteArrayOutputStream
import java.nio.file.{Files, Path}
import java.util.{List as JList, Map as JMap}
import java.util.zip.{ZipException, ZipFile}
import scala.collection.mutable
import scala.concurrent.{ExecutionContext, Future, Promise}
import scala.jdk.CollectionConverters.*
import scala.util.control.NonFatal

/** The engine of the Scala kernel: cells run in Scala's REPL, and see almond's names. */
final class ScalaEngine(channel: Channel)
    extends Language, Imports.Libraries, InterpAPI.Engine, ReplAPI.Engine:
  private val jars = mutable.ListBuffer[Path]()
  private val maven = Maven()
  private val errors = Errors()
  private val pprinter = Ref(pprint.PPrinter.BlackWhite.copy(defaultHeight = ScalaEngine.Rows))
  private val session = Session(
    Libraries(), ByteArrayOutputStream(), ScalaEngine.Settings, View(() => pprinter(), view))
  private val kernel = JupyterApi(OutputHandler(channel))
  private val imports = Imports(this)
  private val snapshots = mutable.Map("" -> session.snapshot)
  // What a cell has asked for that can be done only when it has ended.
  private val pending = mutable.ListBuffer[() => Unit]()
  var lastException: Throwable = null
  var history: Vector[String] = Vector()
  Setup(kernel, InterpAPI(this), ReplAPI(pprinter, this))
  kernel.addExecuteHook(CellMagicHook.hook(kernel.publish))
  kernel.addExecuteHook(LineMagicHook.hook(pprinter))
  Standard.renew()

  def info(): JMap[String, Object] = Map[String, Object](
    "name" -> "scala",
    "version" -> ScalaEngine.Version,
    "mimetype" -> "text/x-scala",
    "file_extension" -> ".scala",
    "pygments_lexer" -> "scala",
    "codemirror_mode" -> "text/x-scala",
    "nbconvert_exporter" -> "script"
  ).asJava

  def execute(code: String, silent: Boolean, count: Int): Unit =
    Standard.renew()
    kernel.publish.beginCell()
    history = history :+ code
    try
      told("HookError")(kernel.preprocess(code)) match
        case Right(own) => Imports.stages(own).foreach(runStage(_, silent, s"In[$count]"))
        case Left(result) => end(result)
    finally
      val asked = pending.toList
      pending.clear()
      asked.foreach(_())

  private def runStage(code: String, silent: Boolean, place: String): Unit =
    val cell = told("ImportError"):
      val cell = imports.resolve(code)
      addJars()
      cell
    for script <- cell.scripts; stage <- Imports.stages(script.code) do
      // A script has lines of its own.
      run(stage, script.name)
    val outcome = run(cell.code, place)
    addJars()
    if !silent && !kernel.silent then show(outcome)

  /** What a hook returns instead of code. */
  private def end(result: JupyterApi.ExecuteHookResult): Unit =
    import JupyterApi.ExecuteHookResult.*
    result match
      case Success(data) => if !data.isEmpty then channel.send(OutputHandler.result(data))
      case Error(name, message, trace) => throw CellError(name, message, trace.asJava)
      case Abort => throw CellError("Aborted", "a hook has ended the cell", JList.of())
      case Exit => sys.exit()

  /** What a library or a script lacks, or a magic, is told in one line. */
  private def told[T](name: String)(body: => T): T =
    try body
    catch
      case stopped: Stopped => throw stopped
      case NonFatal(failure) =>
        val message = Option(failure.getMessage).getOrElse(failure.toString)
        throw CellError(name, message, message.linesIterator.toList.asJava)

  def addDependency(coordinates: String): Unit = jars ++= maven.fetch(coordinates)
  def addRepository(root: String): Unit = maven.addRepository(root)
  def addOptions(options: List[String]): Unit = session.addOptions(options)
  def configure(change: FreshContext => Unit): Unit = session.configure(change)
  def load(code: String): Unit = pending += (() => runStage(code, false, "repl.load"))
  def save(name: String): Unit = pending += (() => snapshots(name) = session.snapshot)
  def restore(name: String): Unit =
    val wanted = snapshots.getOrElse(
      name, throw IllegalArgumentException(s"no session was saved as \"$name\""))
    pending += (() => session.restore(wanted))

  /** The compiler would fail in every later cell over one that is none. */
  def addJar(path: Path): Unit =
    if !Files.isReadable(path) then
      throw IllegalArgumentException(s"$path: there is no such jar, or it cannot be read")
    if !Files.isDirectory(path) then
      try ZipFile(path.toFile).close()
      catch
        case broken: ZipException =>
          throw IllegalArgumentException(s"$path is no jar: ${broken.getMessage}")
    jars += path.toAbsolutePath

  private def addJars(): Unit =
    val added = jars.toList.distinct
    jars.clear()
    if added.nonEmpty then session.addJars(added)

  private def run(code: String, place: String): Outcome =
    errors.begin(session.nextIndex, place, code)
    val outcome = session.execute(code)
    if Engine.isInterrupted || outcome.thrown.exists(_.isInstanceOf[Stopped]) then throw Stopped()
    outcome.thrown.foreach: failure =>
      lastException = failure
      kernel.tell(failure)
      throw errors.thrown(failure)
    if !outcome.compiled then throw errors.compiler(outcome.text, place)
    outcome

  /** A value in more than text: an expression's, and a definition's where its type is meant so. */
  private def view(name: String, value: Any, text: String): Option[DisplayData] = value match
    case future: Future[?] if !future.isCompleted =>
      Some(DisplayData.text(text).withId(UpdatableDisplay.generateId()))
    // Who names a picture has something in mind with it.
    case _: RenderedImage | _: Image | _: Component if !name.matches("res\\d+") => None
    case other => Show.rich(other)

  /** Text as the REPL writes it; pictures, pages and the like as what they are. */
  private def show(outcome: Outcome): Unit =
    // What can be updated has to be shown by itself: a result cannot be.
    val (shown, last) = outcome.values.lastOption match
      case Some((_, data)) if outcome.text.isEmpty && data.idOpt.isEmpty =>
        (outcome.values.init, Some(data))
      case _ => (outcome.values, Option.when(outcome.text.nonEmpty)(DisplayData.text(outcome.text)))
    for (value, data) <- shown if !kernel.publish.hasShown(data) do
      kernel.publish.display(data)
      follow(value, data)
    last.foreach(data => channel.send(OutputHandler.result(data)))

  /** Show what has become of a Future as soon as it has become something. */
  private def follow(value: Any, data: DisplayData): Unit = value match
    case future: Future[?] =>
      future.onComplete(_ =>
        val text = data.data("text/plain").replace(ScalaEngine.Running, future.toString)
        kernel.publish.updateDisplay(data.add("text/plain", text)))(using
        ExecutionContext.parasitic)
    case _ => ()

  def complete(code: String, cursor: Int): Completion =
    val start = code.lastIndexWhere(c => !Character.isJavaIdentifierPart(c), cursor - 1) + 1
    val matches = session.complete(code, cursor)
      .map(found => (found.label, found.description)).distinctBy(_(0))
    val entries = matches.map((label, description) =>
      Map("text" -> label, "type" -> kind(description), "signature" -> description).asJava)
    Completion(entries.asJava, start, cursor)

  private def kind(description: String): String =
    if description.startsWith("(") || description.startsWith("[") || description.startsWith("=>")
    then "function"
    else "instance"

  def inspect(code: String, cursor: Int, detail: Boolean): JMap[String, Object] =
    val rest = code.indexWhere(c => !Character.isJavaIdentifierPart(c), cursor)
    val texts = session.describe(code, if rest < 0 then code.length else rest).distinct
    if texts.isEmpty then JMap.of() else JMap.of("text/plain", texts.mkString("\n\n"))

  def completeness(code: String): String = status(Imports.stages(code).last)

  private def status(code: String): String =
    if code.stripLeading.startsWith("%") then "complete"
    else if session.isIncomplete(code) then "incomplete"
    else if session.isInvalid(code) then "invalid"
    else "complete"

  def stop(now: Boolean): Unit = session.stop(now)

  def owns(className: String): Boolean = className.startsWith("rs$line$")

object ScalaEngine:
  val Version: String = dotty.tools.dotc.config.Properties.simpleVersionString
  private val Rows = 50
  // How Scala writes a Future that has no value yet.
  private val Running = Promise[Unit]().future.toString
  // Imported by the compiler, almond's names cost no cell of our own, and give way to the user's.
  private val Settings = Array(
    "-usejavacp", "-color:never", "-Xrepl-interrupt-instrumentation:false",
    "-Yimports:java.lang,scala,scala.Predef,almond.Predef,almond.display")

  /** Started by the front, with its pipes on the descriptors 3 and 4. */
  def main(arguments: Array[String]): Unit = Engine.run(channel => ScalaEngine(channel))
