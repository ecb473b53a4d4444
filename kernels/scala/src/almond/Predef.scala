package almond

import almond.api.JupyterApi
import almond.interpreter.api.OutputHandler
import ammonite.interp.api.InterpAPI
import ammonite.repl.api.ReplAPI

/**
 * What every cell sees by name: the compiler imports it.
 * The engine sets it up before the first cell.
 */
object Predef:
  private var api: JupyterApi = null
  private var interpreter: InterpAPI = null
  private var session: ReplAPI = null

  private[almond] def start(kernel: JupyterApi, interp: InterpAPI, repl: ReplAPI): Unit =
    api = kernel
    interpreter = interp
    session = repl

  export almond.display.Display.{html, latex, markdown, svg, text}
  export almond.interpreter.api.DisplayData
  export almond.interpreter.api.DisplayData.DisplayDataSyntax
  export almond.api.{%, %%}
  export almond.input.Input

  implicit def kernel: JupyterApi = api
  implicit def interp: InterpAPI = interpreter
  implicit def repl: ReplAPI = session
  implicit def publish: OutputHandler = api.publish

  /** Show a value at this point of the cell, in its best form. */
  def display(value: Any): Unit = publish.display(almond.Show.data(value))

  /** Print a value whole. */
  def show(value: Any): Unit = session.show(value)

  def clear(): Unit = publish.clearOutput()
  def clear(wait: Boolean): Unit = publish.clearOutput(wait)

  /** End the kernel's process, and with it all variables. */
  def exit: Nothing = sys.exit()

/** For the engine: sets up what cells see. */
object Setup:
  def apply(kernel: JupyterApi, interp: InterpAPI, repl: ReplAPI): Unit =
    Predef.start(kernel, interp, repl)
