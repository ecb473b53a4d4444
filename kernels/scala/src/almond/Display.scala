package almond.display

import almond.interpreter.api.{DisplayData, OutputHandler}

import java.io.File
import java.net.URL
import java.nio.charset.StandardCharsets
import java.nio.file.Path
import java.util.UUID

/** Something that can be shown; as a cell's last value it is. */
trait Display:
  def data(): Map[String, String]
  def metadata(): Map[String, String] = Map()
  def displayData(): DisplayData = DisplayData(data(), metadata())
  def display()(implicit output: OutputHandler): Unit = output.display(displayData())

object Display:
  def markdown(content: String)(implicit output: OutputHandler): Unit = Markdown(content).display()
  def html(content: String)(implicit output: OutputHandler): Unit = Html(content).display()
  def latex(content: String)(implicit output: OutputHandler): Unit = Latex(content).display()
  def text(content: String)(implicit output: OutputHandler): Unit = Text(content).display()
  def js(content: String)(implicit output: OutputHandler): Unit = Javascript(content).display()
  def svg(content: String)(implicit output: OutputHandler): Unit = Svg(content).display()

  /** Makes something of its content, or of what stands at an address. */
  trait Builder[C, T]:
    protected def build(contentOrUrl: Either[URL, C]): T
    def apply(content: C): T = build(Right(content))
    def from(url: String): T = build(Left(java.net.URI(url).toURL))
    def from(url: URL): T = build(Left(url))
    def fromFile(file: File): T = build(Left(file.toURI.toURL))
    def fromFile(path: Path): T = build(Left(path.toUri.toURL))
    def fromFile(path: String): T = fromFile(File(path))

/** What was shown once and can be shown anew in the same place. */
trait UpdatableDisplay extends Display:
  def displayId: String
  override def displayData(): DisplayData = super.displayData().withId(displayId)
  def update()(implicit output: OutputHandler): Unit = output.updateDisplay(displayData())
  def updateDisplay()(implicit output: OutputHandler): Unit = update()
  def clear()(implicit output: OutputHandler): Unit =
    val shown = displayData()
    output.updateDisplay(shown.copy(data = shown.data.map((mimeType, _) => mimeType -> "")))

object UpdatableDisplay:
  def generateId(): String = UUID.randomUUID().toString
  def generateDiv(prefix: String = "data-"): String = prefix + generateId()

/** Text of one MIME type. */
trait TextDisplay extends UpdatableDisplay:
  type Self
  def mimeType: String
  def contentOrUrl: Either[URL, String]
  protected def copyWith(contentOrUrl: Either[URL, String]): Self

  def contentOpt: Option[String] = contentOrUrl.toOption
  def urlOpt: Option[URL] = contentOrUrl.left.toOption
  def content: String = finalContent
  def finalContent: String = contentOrUrl.fold(TextDisplay.urlContent, identity)
  def withContent(code: String): Self = copyWith(Right(code))
  def withUrl(url: String): Self = copyWith(Left(java.net.URI(url).toURL))
  def data(): Map[String, String] = Map(mimeType -> finalContent)

object TextDisplay:
  type Builder[T] = Display.Builder[String, T]
  private[display] def urlContent(url: URL): String = String(bytes(url), StandardCharsets.UTF_8)
  private[display] def bytes(url: URL): Array[Byte] =
    val stream = url.openStream()
    try stream.readAllBytes()
    finally stream.close()

abstract class TextKind[T](val mimeType: String, make: (Either[URL, String], String) => T)
    extends Display.Builder[String, T]:
  protected def build(contentOrUrl: Either[URL, String]): T =
    make(contentOrUrl, UpdatableDisplay.generateId())

final class Html(val contentOrUrl: Either[URL, String], val displayId: String) extends TextDisplay:
  type Self = Html
  def mimeType: String = Html.mimeType
  protected def copyWith(content: Either[URL, String]): Html = new Html(content, displayId)
object Html extends TextKind[Html]("text/html", new Html(_, _))

final class Markdown(val contentOrUrl: Either[URL, String], val displayId: String)
    extends TextDisplay:
  type Self = Markdown
  def mimeType: String = Markdown.mimeType
  protected def copyWith(content: Either[URL, String]): Markdown = new Markdown(content, displayId)
object Markdown extends TextKind[Markdown]("text/markdown", new Markdown(_, _))

final class Latex(val contentOrUrl: Either[URL, String], val displayId: String) extends TextDisplay:
  type Self = Latex
  def mimeType: String = Latex.mimeType
  protected def copyWith(content: Either[URL, String]): Latex = new Latex(content, displayId)
object Latex extends TextKind[Latex]("text/latex", new Latex(_, _))

final class Math(val contentOrUrl: Either[URL, String], val displayId: String) extends TextDisplay:
  type Self = Math
  def mimeType: String = Latex.mimeType
  protected def copyWith(content: Either[URL, String]): Math = new Math(content, displayId)
  override def data(): Map[String, String] = Map(mimeType -> s"$$\\displaystyle $finalContent$$")
object Math extends TextKind[Math]("text/latex", new Math(_, _)):
  // It stands in front of Java's.
  export java.lang.Math.*

final class Text(val contentOrUrl: Either[URL, String], val displayId: String) extends TextDisplay:
  type Self = Text
  def mimeType: String = Text.mimeType
  protected def copyWith(content: Either[URL, String]): Text = new Text(content, displayId)
object Text extends TextKind[Text]("text/plain", new Text(_, _))

final class Javascript(val contentOrUrl: Either[URL, String], val displayId: String)
    extends TextDisplay:
  type Self = Javascript
  def mimeType: String = Javascript.mimeType
  protected def copyWith(content: Either[URL, String]): Javascript =
    new Javascript(content, displayId)
object Javascript extends TextKind[Javascript]("application/javascript", new Javascript(_, _))

final class Json(val contentOrUrl: Either[URL, String], val displayId: String) extends TextDisplay:
  type Self = Json
  def mimeType: String = Json.mimeType
  protected def copyWith(content: Either[URL, String]): Json = new Json(content, displayId)
object Json extends TextKind[Json]("application/json", new Json(_, _))

final class Svg(val contentOrUrl: Either[URL, String], val displayId: String) extends TextDisplay:
  type Self = Svg
  def mimeType: String = Svg.mimeType
  protected def copyWith(content: Either[URL, String]): Svg = new Svg(content, displayId)
object Svg extends TextKind[Svg]("image/svg+xml", new Svg(_, _))

final class Vega(val contentOrUrl: Either[URL, String], val displayId: String) extends TextDisplay:
  type Self = Vega
  def mimeType: String = Vega.mimeType
  protected def copyWith(content: Either[URL, String]): Vega = new Vega(content, displayId)
object Vega extends TextKind[Vega]("application/vnd.vega.v5+json", new Vega(_, _))

final class VegaLite(val contentOrUrl: Either[URL, String], val displayId: String)
    extends TextDisplay:
  type Self = VegaLite
  def mimeType: String = VegaLite.mimeType
  protected def copyWith(content: Either[URL, String]): VegaLite = new VegaLite(content, displayId)
object VegaLite extends TextKind[VegaLite]("application/vnd.vegalite.v5+json", new VegaLite(_, _))
