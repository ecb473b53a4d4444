package almond.toree

import almond.api.JupyterApi.{ExecuteHook, ExecuteHookResult}
import almond.interpreter.api.OutputHandler
import ammonite.util.Ref
import pprint.PPrinter

import java.net.URI
import java.nio.file.{Files, Path}
import scala.collection.mutable

/** What a `%%name` makes of the lines below it: code, or what comes instead. */
trait CellMagicHandler:
  def handle(name: String, content: String): Either[ExecuteHookResult, String]

/** The magics that stand above a cell, by the names of Apache Toree and almond. */
object CellMagicHook:
  private val own = mutable.Map[String, CellMagicHandler]()
  private val First = """(?s)\s*%%(\w+)[^\n]*\n?(.*)""".r

  def addHandler(name: String)(handler: CellMagicHandler): Unit = own(name.toLowerCase) = handler
  def clearHandlers(): Unit = own.clear()
  def userHandlers: Map[String, CellMagicHandler] = own.toMap

  def hook(publish: OutputHandler): ExecuteHook =
    case First(name, content) =>
      name.toLowerCase match
        case key if own.contains(key) => own(key).handle(name, content)
        case "html" => publish.html(content); Right("")
        case "javascript" => publish.js(content); Right("")
        case _ => throw IllegalArgumentException(s"there is no magic %%$name; there are: $names")
    case code => Right(code)

  def names: String = (Seq("html", "javascript") ++ own.keys).sorted.map("%%" + _).mkString(" ")

/** The magics that are a line of a cell. */
object LineMagicHook:
  private val Line = """(?im)^[ \t]*%(adddeps|addjar|lsmagic|truncation)\b[ \t]*(.*)$""".r

  def hook(pprinter: Ref[PPrinter]): ExecuteHook = code =>
    Right(Line.replaceAllIn(code, found =>
      val words = found.group(2).strip.split("\\s+").toList.filter(_.nonEmpty)
      scala.util.matching.Regex.quoteReplacement(run(found.group(1).toLowerCase, words, pprinter))))

  private def run(name: String, words: List[String], pprinter: Ref[PPrinter]): String =
    (name, words) match
      case ("adddeps", group :: artifact :: version :: options) =>
        val repositories = options.sliding(2).collect:
          case List("--repository", root) => s"import $$repo.`$root`; "
        repositories.mkString + s"import $$ivy.`$group:$artifact:$version`"
      case ("addjar", address :: _) => s"import $$cp.`${fetched(address)}`"
      case ("lsmagic", Nil) =>
        println(s"Available line magics:\n%adddeps %addjar %lsmagic %truncation\n")
        println(s"Available cell magics:\n${CellMagicHook.names}\n")
        ""
      case ("truncation", List(wanted @ ("on" | "off"))) =>
        pprinter() = pprinter().copy(defaultHeight = if wanted == "on" then 50 else Int.MaxValue)
        ""
      case _ =>
        throw IllegalArgumentException(
          s"%$name ${words.mkString(" ")}: wanted is %adddeps GROUP ARTIFACT VERSION, " +
            "%addjar ADDRESS, %lsmagic, or %truncation on, or off")

  /** A jar's path; one from elsewhere is fetched. */
  private def fetched(address: String): Path =
    if !address.contains(':') then Path.of(address)
    else if address.startsWith("file:") then Path.of(URI(address))
    else
      val jar = Files.createTempFile("added", ".jar")
      jar.toFile.deleteOnExit()
      val stream = URI(address).toURL.openStream()
      try Files.copy(stream, jar, java.nio.file.StandardCopyOption.REPLACE_EXISTING)
      finally stream.close()
      jar
