package almond.interpreter.api

import java.util.Base64

/** What is shown, in each of its forms by MIME type, and the id by which it can be updated. */
final case class DisplayData(
    data: Map[String, String] = Map(),
    metadata: Map[String, String] = Map(),
    idOpt: Option[String] = None
):
  def withId(id: String): DisplayData = copy(idOpt = Some(id))
  def add(mimeType: String, content: String): DisplayData =
    copy(data = data + (mimeType -> content))
  def isEmpty: Boolean = data.isEmpty && metadata.isEmpty
  def show()(implicit output: OutputHandler): Unit = output.display(this)
  def update()(implicit output: OutputHandler): Unit = output.updateDisplay(this)

object DisplayData:
  object ContentType:
    val text = "text/plain"
    val markdown = "text/markdown"
    val html = "text/html"
    val latex = "text/latex"
    val js = "application/javascript"
    val jpg = "image/jpeg"
    val png = "image/png"
    val gif = "image/gif"
    val svg = "image/svg+xml"

  val empty: DisplayData = DisplayData()
  def text(content: String): DisplayData = empty.add(ContentType.text, content)
  def markdown(content: String): DisplayData = empty.add(ContentType.markdown, content)
  def html(content: String): DisplayData = empty.add(ContentType.html, content)
  def latex(content: String): DisplayData = empty.add(ContentType.latex, content)
  def js(content: String): DisplayData = empty.add(ContentType.js, content)
  def svg(content: String): DisplayData = empty.add(ContentType.svg, content)
  def jpg(content: Array[Byte]): DisplayData = empty.add(ContentType.jpg, base64(content))
  def png(content: Array[Byte]): DisplayData = empty.add(ContentType.png, base64(content))
  def gif(content: Array[Byte]): DisplayData = empty.add(ContentType.gif, base64(content))

  private def base64(bytes: Array[Byte]): String = Base64.getEncoder.encodeToString(bytes)

  implicit final class DisplayDataSyntax(private val content: String) extends AnyVal:
    def as(mimeType: String): DisplayData = empty.add(mimeType, content)
    def asContent(mimeType: String): DisplayData = empty.add(mimeType, content)
    def asText: DisplayData = text(content)
    def asMarkdown: DisplayData = markdown(content)
    def asHtml: DisplayData = html(content)
    def asLatex: DisplayData = latex(content)
    def asJs: DisplayData = js(content)
    def asSvg: DisplayData = svg(content)
