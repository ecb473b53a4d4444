package labinit.repl

import java.nio.file.{Files, Path}
import scala.util.matching.Regex

/**
 * The imports that are no Scala: $ivy or $dep, $file, $exec, $cp, $repo, and Scala CLI's
 * `//> using`. Runs nothing.
 */
final class Imports(libraries: Imports.Libraries):
  import Imports.*

  /** A cell's own code, line for line where it was, and the scripts that have to run before. */
  def resolve(code: String): Cell = resolve(code, Path.of("").toAbsolutePath, Nil)

  private def resolve(code: String, folder: Path, above: List[Path]): Cell =
    var scripts = List[Script]()
    val plain = Using.replaceAllIn(code, found =>
      val values = Value.findAllMatchIn(found.group(2))
        .map(one => Option(one.group(1)).getOrElse(one.matched)).toList
      scripts = scripts ++ direct(found.group(1), values, folder, above)
      "")
    val own = Dollar.replaceAllIn(plain, found =>
      val kept = parts(found.group(1)).map: part =>
        part match
          case Coordinates(all) => quoted(all).foreach(libraries.addDependency); ""
          case Repo(root) => libraries.addRepository(root); ""
          case Classes(path) => libraries.addJar(folder.resolve(path)); ""
          case Source(kind, path) =>
            scripts = scripts ++ load(kind, path, folder, above)
            ""
          case Plugin() =>
            throw UnsupportedOperationException(s"$part: the compiler can take no plugin any more")
          case other => s"import $other"
      Regex.quoteReplacement(kept.filter(_.nonEmpty).mkString("; ")))
    Cell(own, scripts)

  /** What one `//> using` says; those about Scala's or the JVM's version change nothing. */
  private def direct(
      key: String, values: List[String], folder: Path, above: List[Path]
  ): List[Script] =
    key.stripSuffix("s") match
      case "dep" | "dependency" | "dependencie" | "lib" => values.foreach(libraries.addDependency)
      case "jar" => values.foreach(jar => libraries.addJar(folder.resolve(jar)))
      case "repository" | "repositorie" => values.foreach(libraries.addRepository)
      case "option" | "scalacOption" => libraries.addOptions(values)
      case _ => ()
    if key.stripSuffix("s") != "script" then Nil
    else
      values.flatMap: path =>
        val source = folder.resolve(path).normalize
        read("file", source, source.getFileName.toString.stripSuffix(".sc"), above)

  /** The scripts of one `$file` or `$exec`. */
  private def load(kind: String, path: String, folder: Path, above: List[Path]): List[Script] =
    val (selector, names) = path.span(_ != '{') match
      case (front, braces) if braces.nonEmpty =>
        (front.stripSuffix("."), braces.stripPrefix("{").stripSuffix("}"))
      case (front, _) => (front.split('.').init.mkString("."), front.split('.').last)
    names.split(",").map(_.strip).toList.flatMap: entry =>
      val (file, alias) = entry.split("=>|\\bas\\b").map(_.strip) match
        case Array(file, alias) => (file, alias)
        case _ => (entry, entry)
      val steps = selector.split('.').filter(_.nonEmpty)
        .map(step => if step == "^" then ".." else step.filter(_ != '`'))
      val source =
        steps.foldLeft(folder)(_.resolve(_)).resolve(s"${file.filter(_ != '`')}.sc").normalize
      read(kind, source, alias, above)

  private def read(kind: String, source: Path, name: String, above: List[Path]): List[Script] =
    if above.contains(source) then throw IllegalArgumentException(s"$source imports itself")
    if !Files.isReadable(source) then
      throw IllegalArgumentException(s"import of $source: there is no such file")
    val inner = resolve(Files.readString(source), source.getParent, source :: above)
    val code = if kind == "exec" then inner.code else s"object $name {\n${inner.code}\n}"
    inner.scripts :+ Script(source.getFileName.toString, code)

object Imports:
  /** Where what a cell asks for comes from. */
  trait Libraries:
    def addDependency(coordinates: String): Unit
    def addRepository(root: String): Unit
    def addJar(path: Path): Unit
    def addOptions(options: List[String]): Unit

  /** Shape: scripts in the order in which they run. */
  final case class Cell(code: String, scripts: List[Script])
  final case class Script(name: String, code: String)

  /**
   * The parts of a cell that are compiled one after the other, as Ammonite has it: a line with @
   * alone stands between two. Each part's lines have the numbers of the cell's.
   */
  def stages(code: String): List[String] =
    val lines = code.split("\n", -1).toList
    val ends = lines.indices.filter(lines(_).strip == "@").toList :+ lines.length
    val starts = 0 :: ends.map(_ + 1)
    starts.zip(ends).map((start, end) => "\n" * start + lines.slice(start, end).mkString("\n"))

  private val Using: Regex = """(?m)^[ \t]*//>[ \t]+using[ \t]+([\w.]+)[ \t]+(.*)$""".r
  private val Value: Regex = """"([^"]*)"|[^\s,"]+""".r
  private val Dollar: Regex =
    """(?m)^[ \t]*import[ \t]+(\$(?:ivy|dep|file|exec|cp|repo|plugin)\b[^\n;]*)""".r
  private val Coordinates: Regex = """\$(?:ivy|dep)\.(.*`.*)""".r
  private val Repo: Regex = """\$repo\.`([^`]+)`.*""".r
  private val Classes: Regex = """\$cp\.`([^`]+)`.*""".r
  private val Source: Regex = """\$(file|exec)\.(.+)""".r
  private val Plugin: Regex = """\$plugin\b.*""".r

  private def quoted(text: String): List[String] =
    "`([^`]+)`".r.findAllMatchIn(text).map(_.group(1)).toList

  /** What stands between commas, but not those in braces or backquotes, nor in a comment. */
  private def parts(text: String): List[String] =
    val code = """(`[^`]*`)|//.*|/\*.*?\*/""".r
      .replaceAllIn(text, part => Regex.quoteReplacement(Option(part.group(1)).mkString))
    """(?:`[^`]*`|\{[^}]*\}|[^,`{])+""".r.findAllIn(code).map(_.strip).filter(_.nonEmpty).toList
