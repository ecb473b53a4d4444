package almond.display

import java.awt.image.RenderedImage
import java.io.{ByteArrayInputStream, ByteArrayOutputStream}
import java.net.{URL, URLConnection}
import java.util.Base64
import javax.imageio.ImageIO

import scala.xml.Utility.escape

/** A picture; from an address it is linked, or with `withEmbed` and from a file read. */
final case class Image private (
    width: Option[String],
    height: Option[String],
    format: Option[Image.Format],
    byteArrayOrUrl: Either[URL, Array[Byte]],
    embed: Boolean,
    displayId: String
) extends UpdatableDisplay:
  def byteArrayOpt: Option[Array[Byte]] = byteArrayOrUrl.toOption
  def urlOpt: Option[URL] = byteArrayOrUrl.left.toOption
  def withByteArray(data: Array[Byte]): Image = copy(byteArrayOrUrl = Right(data))
  def withUrl(url: URL): Image = copy(byteArrayOrUrl = Left(url))
  def withUrl(url: String): Image = withUrl(java.net.URI(url).toURL)
  def withHeight(pixels: Int): Image = copy(height = Some(pixels.toString))
  def withHeight(pixels: Option[String]): Image = copy(height = pixels)
  def withWidth(pixels: Int): Image = copy(width = Some(pixels.toString))
  def withWidth(pixels: Option[String]): Image = copy(width = pixels)
  def withFormat(format: Image.Format): Image = copy(format = Some(format))
  def withFormat(format: Option[Image.Format]): Image = copy(format = format)
  def withEmbed(): Image = copy(embed = true)
  def withEmbed(embed: Boolean): Image = copy(embed = embed)

  override def metadata(): Map[String, String] =
    Map.from(width.map("width" -> _) ++ height.map("height" -> _))

  def data(): Map[String, String] = byteArrayOrUrl match
    case Left(url) if !embed =>
      val size = metadata().map((name, value) => s"$name='${escape(value)}'").mkString(" ")
      Map(Html.mimeType -> s"<img src='${escape(url.toExternalForm)}' $size/>")
    case Left(url) => encoded(TextDisplay.bytes(url))
    case Right(bytes) => encoded(bytes)

  private def encoded(bytes: Array[Byte]): Map[String, String] =
    val contentType = format.map(_.contentType)
      .orElse(Option(URLConnection.guessContentTypeFromStream(ByteArrayInputStream(bytes))))
      .getOrElse(throw IllegalArgumentException(
        "the picture is no PNG, JPEG or GIF; name its format with withFormat"))
    Map(contentType -> Base64.getEncoder.encodeToString(bytes))

object Image extends Display.Builder[Array[Byte], Image]:
  sealed abstract class Format(val contentType: String) extends Product, Serializable
  case object JPG extends Format("image/jpeg")
  case object PNG extends Format("image/png")
  case object GIF extends Format("image/gif")

  def fromRenderedImage(image: RenderedImage): Image = fromRenderedImage(image, PNG)
  def fromRenderedImage(image: RenderedImage, format: Format): Image =
    val bytes = ByteArrayOutputStream()
    if !ImageIO.write(image, format.toString, bytes) then
      throw IllegalArgumentException(
        s"this picture cannot be written as $format (transparency in a JPG?)")
    val size = (Some(image.getWidth.toString), Some(image.getHeight.toString))
    Image(
      size(0), size(1), Some(format), Right(bytes.toByteArray), true, UpdatableDisplay.generateId())

  protected def build(content: Either[URL, Array[Byte]]): Image =
    val isFile = content.left.exists(_.getProtocol == "file")
    Image(None, None, None, content, isFile, UpdatableDisplay.generateId())

/** A page in the page. */
final case class IFrame(src: String, width: Option[String] = None, height: Option[String] = None)
    extends Display:
  def withWidth(pixels: Int): IFrame = copy(width = Some(pixels.toString))
  def withHeight(pixels: Int): IFrame = copy(height = Some(pixels.toString))
  def data(): Map[String, String] =
    val size =
      s"width='${escape(width.getOrElse("100%"))}' height='${escape(height.getOrElse("400"))}'"
    Map(Html.mimeType ->
      s"<iframe src='${escape(src)}' $size frameborder='0' allowfullscreen></iframe>")

/** A link to a file beside the notebook. */
final case class FileLink(link: String, beforeHtml: String = "", afterHtml: String = "")
    extends Display:
  def data(): Map[String, String] =
    Map(Html.mimeType ->
      s"$beforeHtml<a href='${escape(link)}' target='_blank'>${escape(link)}</a>$afterHtml")

/** Data in forms of the caller's own. */
final case class Data(data0: Map[String, String], displayId: String) extends UpdatableDisplay:
  def data(): Map[String, String] = data0
  def withData(data: Map[String, String]): Data = copy(data0 = data)
object Data:
  def apply(data: (String, String)*): Data = new Data(data.toMap, UpdatableDisplay.generateId())
  def apply(data: Map[String, String]): Data = new Data(data, UpdatableDisplay.generateId())

/** A bar that fills: show it once, then update `withProgress`. */
final case class ProgressBar private (
    label: Option[String],
    total: Int,
    progress: Option[Int],
    htmlWidth: String,
    textWidth: Int,
    displayId: String
) extends UpdatableDisplay:
  def withLabel(text: String): ProgressBar = copy(label = Some(text))
  def withLabel(text: Option[String]): ProgressBar = copy(label = text)
  def withTotal(value: Int): ProgressBar = copy(total = value)
  def withProgress(value: Int): ProgressBar = copy(progress = Some(value))
  def withProgress(value: Option[Int]): ProgressBar = copy(progress = value)
  def withHtmlWidth(width: String): ProgressBar = copy(htmlWidth = width)
  def withTextWidth(width: Int): ProgressBar = copy(textWidth = width)

  /** The label may name `{progress}` and `{total}`. */
  private def text: Option[String] = label
    .filterNot(_.contains("{progress}") && progress.isEmpty)
    .map(_.replace("{progress}", progress.mkString).replace("{total}", total.toString))

  def data(): Map[String, String] =
    val value = progress.map(done => s"value='$done'").mkString
    val bar = s"<progress style='width:${escape(htmlWidth)}' max='$total' $value></progress>"
    val done = progress.getOrElse(0).max(0).min(total) * textWidth.toLong / total.max(1)
    Map(
      Html.mimeType -> (text.map(escape(_) + "<br>").mkString + bar),
      Text.mimeType ->
        (text.map(_ + "\n").mkString + s"[${("#" * done.toInt).padTo(textWidth, ' ')}]"))
object ProgressBar:
  def apply(total: Int): ProgressBar =
    new ProgressBar(None, total, None, "60ex", 60, UpdatableDisplay.generateId())
  def apply(progress: Int, total: Int): ProgressBar = apply(total).withProgress(progress)
