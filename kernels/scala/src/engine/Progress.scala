package labinit.repl

import almond.interpreter.api.DisplayData

import java.lang.reflect.InvocationTargetException
import scala.collection.mutable

/**
 * How far the code of a cell has come.
 * Shape: completed holds the encoded names of the values it has set, shown those of its values that
 * are more than text, in their order.
 */
final class Progress:
  val completed: mutable.Set[String] = mutable.Set()
  val shown: mutable.ListBuffer[(Any, DisplayData)] = mutable.ListBuffer()
  var thrown: Option[Throwable] = None
  private var started = false

  /**
   * Run a cell's code, the first time that this is called. What comes after the first failure is
   * its consequence.
   */
  def start(cell: => Class[?]): Unit =
    if !started then
      started = true
      try cell.getMethod(Progress.Method).invoke(null)
      catch case failure: InvocationTargetException => fail(failure.getCause)

  def fail(failure: Throwable): Unit = thrown = thrown.orElse(Some(failure))

object Progress:
  /** What the code of a cell is a method of its class by. */
  val Method = "$cell"
  // A cell that was left behind has a thread of its own.
  private val ofThread = ThreadLocal.withInitial(() => new Progress)

  def begin(): Progress =
    ofThread.remove()
    current

  def current: Progress = ofThread.get

  /** Called by the code of cells. */
  def complete(name: String): Unit = current.completed += name
