package almond

import almond.display.{Display, Image}
import almond.interpreter.api.DisplayData

import java.awt.image.{BufferedImage, RenderedImage}

import scala.jdk.CollectionConverters.*

/** In which forms a value is shown. */
object Show:
  /** More than text, where there is more. */
  def rich(value: Any): Option[DisplayData] = value match
    case null => None
    case shown: Display => Some(shown.displayData())
    case shown: DisplayData => Some(shown)
    case picture: RenderedImage =>
      Some(Image.fromRenderedImage(picture).displayData().copy(idOpt = None))
    case picture: java.awt.Image =>
      Some(Image.fromRenderedImage(drawn(picture)).displayData().copy(idOpt = None))
    case component: java.awt.Component => rich(labinit.jvm.Pictures.of(component))
    case other =>
      val forms = jupyter.Displayers.display(other).asScala.toMap
      Option.when(forms.nonEmpty)(DisplayData(forms))

  def data(value: Any): DisplayData = rich(value).getOrElse(DisplayData.text(text(value)))

  def text(value: Any): String = value match
    case node: scala.xml.NodeSeq => node.toString
    case text: String => text
    case other => pprint.PPrinter.BlackWhite(other).plainText

  private def drawn(picture: java.awt.Image): RenderedImage =
    val canvas =
      BufferedImage(picture.getWidth(null), picture.getHeight(null), BufferedImage.TYPE_INT_ARGB)
    val graphics = canvas.createGraphics()
    graphics.drawImage(picture, 0, 0, null)
    graphics.dispose()
    canvas
