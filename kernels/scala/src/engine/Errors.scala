package labinit.repl

import labinit.jvm.CellError

import scala.collection.mutable
import scala.jdk.CollectionConverters.*
import scala.util.Try

/** Errors in the words and line numbers of the user's cells. */
final class Errors:
  private val Frames = 30
  private val Header = """-- (?:\[E\d+\] )?(.*?):?(?: <[^>]*>:[\d:]+)? -+""".r
  private val Numbered = """\s*(\d+) \|.*""".r
  private val places = mutable.Map[Int, (String, Array[String])]()

  /** Say what the code of the REPL's next object is called. */
  def begin(index: Int, place: String, code: String): Unit =
    places(index) = (place, code.split("\n", -1))

  /** The compiler's report, as it stands. */
  def compiler(text: String, place: String): CellError =
    val lines = text.linesIterator.toList
    val kind = lines.collectFirst { case Header(name) => name }.getOrElse("Error")
    val number = lines.collectFirst { case Numbered(digits) => digits }
    val message = lines.dropWhile(!_.contains("^")).drop(1).headOption
      .map(_.dropWhile(c => c == ' ' || c == '|')).getOrElse("")
    val where = number.map(line => s"${place}, line $line: $message").toList
    CellError("CompilerError", if message.isEmpty then kind else message, (where ++ lines).asJava)

  def thrown(failure: Throwable): CellError =
    val name = plain(failure.getClass.getName)
    val message = Try(failure.getMessage).toOption.filter(_ != null).getOrElse("")
    val chain = Iterator.iterate(failure)(_.getCause).takeWhile(_ != null).take(10).toList
    val text = chain.zipWithIndex.flatMap: (one, i) =>
      val text = plain(Try(one.toString).getOrElse(one.getClass.getName))
      (if i == 0 then text else s"Caused by: $text") +: frames(one)
    CellError(name, message, (where(failure).toList ++ text.flatMap(_.linesIterator)).asJava)

  /** What the user has defined, without the name of the REPL's object around it. */
  private def plain(text: String): String = text.replaceAll("""rs\$line\$\d+\$""", "")

  /** An exception of the user's may have methods that throw themselves. */
  private def trace(failure: Throwable): List[StackTraceElement] =
    Try(failure.getStackTrace.toList).getOrElse(Nil)

  private def where(failure: Throwable): Option[String] =
    trace(failure).iterator.flatMap: frame =>
      for
        (place, lines) <- origin(frame)
        if frame.getLineNumber > 0 && frame.getLineNumber <= lines.length
      yield s"${place}, line ${frame.getLineNumber}: ${lines(frame.getLineNumber - 1).strip}"
    .nextOption()

  private def frames(failure: Throwable): List[String] =
    val all = trace(failure)
    // Below the cell's own code is the REPL's.
    val last = all.lastIndexWhere(origin(_).isDefined)
    val own = (if last < 0 then all else all.take(last + 1)).filter(_.getLineNumber > 0)
    val lines = own.take(Frames).map: frame =>
      origin(frame) match
        case Some((place, _)) if isInitial(frame.getMethodName) =>
          s"    at $place, line ${frame.getLineNumber}"
        case Some((place, _)) =>
          s"    at ${frame.getMethodName}, $place, line ${frame.getLineNumber}"
        case None => s"    at $frame"
    lines ++ Option.when(own.length > Frames)(s"    ... ${own.length - Frames} more")

  private def isInitial(method: String) = method == Progress.Method || method.startsWith("<")

  private def origin(frame: StackTraceElement): Option[(String, Array[String])] =
    Option(frame.getFileName).filter(_.startsWith("rs$line$"))
      .flatMap(_.stripPrefix("rs$line$").takeWhile(_.isDigit).toIntOption).flatMap(places.get)
