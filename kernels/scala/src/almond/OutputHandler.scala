package almond.interpreter.api

import labinit.jvm.{Channel, Json}

import java.util.concurrent.ConcurrentHashMap
import scala.jdk.CollectionConverters.*

/** Shows things in the cell that runs, at once. */
final class OutputHandler(channel: Channel):
  private val ids = ConcurrentHashMap.newKeySet[String]()

  def stdout(text: String): Unit = stream("stdout", text)
  def stderr(text: String): Unit = stream("stderr", text)
  def display(data: DisplayData): Unit =
    data.idOpt.foreach(ids.add)
    send("display", data, Map())
  def updateDisplay(data: DisplayData): Unit = send("display", data, Map("update" -> true))
  def html(content: String): Unit = display(DisplayData.html(content))
  def html(content: String, id: String): Unit = display(DisplayData.html(content).withId(id))
  def js(content: String): Unit = display(DisplayData.js(content))
  def js(content: String, id: String): Unit = display(DisplayData.js(content).withId(id))
  def updateHtml(content: String, id: String): Unit =
    updateDisplay(DisplayData.html(content).withId(id))
  def clearOutput(): Unit = clearOutput(false)
  def clearOutput(waitForNewOutput: Boolean): Unit =
    channel.send(Map("type" -> "clear", "wait" -> waitForNewOutput).asJava)
  def canOutput(): Boolean = true

  /** For the engine: whether the cell that runs has shown this itself. */
  def hasShown(data: DisplayData): Boolean = data.idOpt.exists(ids.contains)
  def beginCell(): Unit = ids.clear()

  private def stream(name: String, text: String): Unit =
    channel.send(Map("type" -> "stream", "name" -> name, "text" -> text).asJava)

  private def send(kind: String, data: DisplayData, more: Map[String, Any]): Unit =
    channel.send(OutputHandler.message(kind, data, more))

object OutputHandler:
  /** A message of the engine's to the front. */
  private[almond] def message(
      kind: String, data: DisplayData, more: Map[String, Any]
  ): java.util.Map[String, Any] =
    // Jupyter knows a picture's size by its MIME type.
    val picture = data.data.keys.find(_.startsWith("image/"))
    val metadata = picture.filter(_ => data.metadata.nonEmpty) match
      case Some(mimeType) => Map(mimeType -> data.metadata.asJava)
      case None => data.metadata
    val id = data.idOpt.map("display_id" -> _).toMap
    val fields =
      Map("type" -> kind, "data" -> plain(data.data).asJava, "metadata" -> metadata.asJava)
    (fields ++ id ++ more).asJava

  /** JSON is sent as what it means. */
  private def plain(data: Map[String, String]): Map[String, Any] = data.map:
    case (mimeType, text) if mimeType == "application/json" || mimeType.endsWith("+json") =>
      mimeType -> Json.parse(text)
    case other => other

  /** A message that is a cell's result. */
  def result(data: DisplayData): java.util.Map[String, Any] = message("result", data, Map())
