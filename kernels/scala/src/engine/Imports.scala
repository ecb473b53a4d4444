package labinit.repl

import java.nio.file.{Files, Path}
import scala.util.matching.Regex

/**
 * The imports that are no Scala: $ivy, $file, $exec, $cp, $repo, and Scala CLI's `//> using`.
 * Runs nothing.
 */
final class Imports(
    addDependency: String => Unit,
    addRepository: String => Unit,
    addJar: Path => Unit
):
  import Imports.*

  /** A cell's own code, line for line where it was, and the scripts that have to run before. */
  def resolve(code: String): Cell = resolve(code, Path.of("").toAbsolutePath, Nil)

  private def resolve(code: String, folder: Path, above: List[Path]): Cell =
    var scripts = List[Script]()
    val plain = Using.replaceAllIn(code, found =>
      found.group(1) match
        case "dep" | "lib" | "deps" => found.group(2).split("[,\\s]+").foreach(addDependency)
        case "jar" | "jars" =>
          found.group(2).split("[,\\s]+").foreach(jar => addJar(folder.resolve(jar)))
        case "repository" | "repositories" => addRepository(found.group(2))
        case _ => ()
      "")
    val own = Dollar.replaceAllIn(plain, found =>
      val kept = parts(found.group(1)).map: part =>
        part match
          case Ivy(coordinates) => addDependency(coordinates); ""
          case Repo(root) => addRepository(root); ""
          case Classes(path) => addJar(folder.resolve(path)); ""
          case Source(kind, path) =>
            val (resolved, name) = load(kind, path, folder, above)
            scripts = scripts ++ resolved
            name
          case other => s"import $other"
      Regex.quoteReplacement(kept.filter(_.nonEmpty).mkString("; ")))
    Cell(own, scripts)

  /** The scripts of one `$file` or `$exec`, and the import that is left of it. */
  private def load(
      kind: String, path: String, folder: Path, above: List[Path]
  ): (List[Script], String) =
    val (selector, names) = path.span(_ != '{') match
      case (front, braces) if braces.nonEmpty =>
        (front.stripSuffix("."), braces.stripPrefix("{").stripSuffix("}"))
      case (front, _) => (front.split('.').init.mkString("."), front.split('.').last)
    val loaded = names.split(",").map(_.strip).toList.map: entry =>
      val (file, alias) = entry.split("=>|\\bas\\b").map(_.strip) match
        case Array(file, alias) => (file, alias)
        case _ => (entry, entry)
      val steps = selector.split('.').filter(_.nonEmpty)
        .map(step => if step == "^" then ".." else step.filter(_ != '`'))
      val source =
        steps.foldLeft(folder)(_.resolve(_)).resolve(s"${file.filter(_ != '`')}.sc").normalize
      if above.contains(source) then throw IllegalArgumentException(s"$source imports itself")
      if !Files.isReadable(source) then
        throw IllegalArgumentException(s"import of $source: there is no such file")
      val inner = resolve(Files.readString(source), source.getParent, source :: above)
      val code = if kind == "exec" then inner.code else s"object $alias {\n${inner.code}\n}"
      inner.scripts :+ Script(source.getFileName.toString, code)
    (loaded.flatten, "")

object Imports:
  /** Shape: scripts in the order in which they run. */
  final case class Cell(code: String, scripts: List[Script])
  final case class Script(name: String, code: String)

  private val Using: Regex = """(?m)^[ \t]*//> using (\w+) "?([^"\n]+?)"?[ \t]*$""".r
  private val Dollar: Regex = """(?m)^[ \t]*import[ \t]+(\$(?:ivy|file|exec|cp|repo)\b[^\n;]*)""".r
  private val Ivy: Regex = """\$ivy\.`([^`]+)`.*""".r
  private val Repo: Regex = """\$repo\.`([^`]+)`.*""".r
  private val Classes: Regex = """\$cp\.`([^`]+)`.*""".r
  private val Source: Regex = """\$(file|exec)\.(.+)""".r

  /** What stands between commas, but not those in braces or backquotes. */
  private def parts(text: String): List[String] =
    """(?:`[^`]*`|\{[^}]*\}|[^,`{])+""".r.findAllIn(text).map(_.strip).filter(_.nonEmpty).toList
