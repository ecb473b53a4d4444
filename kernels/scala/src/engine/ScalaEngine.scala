package labinit.repl

import almond.Setup
import almond.api.{InterpApi, JupyterApi}
import almond.interpreter.api.{DisplayData, OutputHandler}
import dotty.tools.repl.labinit.{Libraries, Outcome, Session}
import labinit.jvm.{CellError, Channel, Completion, Engine, Language, Stopped}

import java.io.ByteArrayOutputStream
import java.nio.file.{Files, Path}
import java.util.{List as JList, Map as JMap}
import java.util.zip.{ZipException, ZipFile}
import scala.collection.mutable
import scala.jdk.CollectionConverters.*
import scala.util.control.NonFatal

/** The engine of the Scala kernel: cells run in Scala's REPL, and see almond's names. */
final class ScalaEngine(channel: Channel) extends Language:
  private val jars = mutable.ListBuffer[Path]()
  private val maven = Maven()
  private val errors = Errors()
  private val session = Session(Libraries(), ByteArrayOutputStream(), ScalaEngine.Settings)
  private val kernel: JupyterApi = Setup(channel, new InterpApi.Libraries:
    def addDependency(coordinates: String): Unit = jars ++= maven.fetch(coordinates)
    def addRepository(root: String): Unit = maven.addRepository(root)
    def addJar(path: Path): Unit = ScalaEngine.this.addJar(path))
  private val imports =
    Imports(coordinates => jars ++= maven.fetch(coordinates), maven.addRepository, addJar)
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
    val cell = resolve(code)
    for script <- cell.scripts do
      // A script has lines of its own.
      run(script.code, script.name)
    val outcome = run(cell.code, s"In[$count]")
    addJars()
    if !silent && !kernel.silent then show(outcome)

  /** What a library or a script lacks is told in one line. */
  private def resolve(code: String): Imports.Cell =
    try
      val cell = imports.resolve(code)
      addJars()
      cell
    catch
      case NonFatal(failure) =>
        val message = Option(failure.getMessage).getOrElse(failure.toString)
        throw CellError("ImportError", message, message.linesIterator.toList.asJava)

  /** The compiler would fail in every later cell over one that is none. */
  private def addJar(path: Path): Unit =
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
    outcome.thrown.foreach(failure => throw errors.thrown(failure))
    if !outcome.compiled then throw errors.compiler(outcome.text, place)
    outcome

  /** Text as the REPL writes it; pictures, pages and the like as what they are. */
  private def show(outcome: Outcome): Unit =
    val shown = outcome.values.map(almond.Show.rich)
    shown.dropRight(1).flatten.foreach(kernel.publish.display)
    val last = shown.lastOption.flatten.getOrElse(DisplayData.empty)
    val text =
      if last.data.contains("text/plain") || outcome.text.isEmpty then last
      else last.add("text/plain", outcome.text)
    if !text.isEmpty then channel.send(OutputHandler.result(text))

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

  def completeness(code: String): String =
    if session.isIncomplete(code) then "incomplete"
    else if session.isInvalid(code) then "invalid"
    else "complete"

  def stop(now: Boolean): Unit = session.stop(now)

  def owns(className: String): Boolean = className.startsWith("rs$line$")

object ScalaEngine:
  val Version: String = dotty.tools.dotc.config.Properties.simpleVersionString
  // Imported by the compiler, almond's names cost no cell of our own, and give way to the user's.
  private val Settings = Array(
    "-usejavacp", "-color:never", "-Xrepl-interrupt-instrumentation:false",
    "-Yimports:java.lang,scala,scala.Predef,almond.Predef,almond.display")

  /** Started by the front, with its pipes on the descriptors 3 and 4. */
  def main(arguments: Array[String]): Unit = Engine.run(channel => ScalaEngine(channel))
