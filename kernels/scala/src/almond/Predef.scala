package almond

import almond.api.{InterpApi, JupyterApi}
import almond.display.Html
import almond.interpreter.api.{DisplayData, OutputHandler}

/**
 * What every cell sees by name: the compiler imports it.
 * The engine sets it up before the first cell.
 */
object Predef:
  private var api: JupyterApi = null
  private var loader: InterpApi = null

  private[almond] def start(kernel: JupyterApi, interp: InterpApi): Unit =
    api = kernel
    loader = interp

  export almond.interpreter.api.DisplayData
  export almond.interpreter.api.DisplayData.{
    asContent, asHtml, asJs, asLatex, asMarkdown, asSvg, asText
  }
  export almond.api.{Input, %, %%}

  def kernel: JupyterApi = api
  def interp: InterpApi = loader
  implicit def publish: OutputHandler = api.publish
  def html(source: String): Unit = Html(source).display()

  /** Show a value at this point of the cell, in its best form. */
  def display(value: Any): Unit = publish.display(almond.Show.data(value))

  /** Print a value whole. */
  def show(value: Any): Unit =
    println(pprint.PPrinter.BlackWhite(value, height = Int.MaxValue).plainText)

  def clear(): Unit = publish.clearOutput()
  def clear(wait: Boolean): Unit = publish.clearOutput(wait)

/** For the engine: sets up what cells see. */
object Setup:
  def apply(channel: labinit.jvm.Channel, libraries: InterpApi.Libraries): JupyterApi =
    val kernel = JupyterApi(OutputHandler(channel))
    Predef.start(kernel, InterpApi(libraries))
    kernel
