package ammonite.util

/** A setting that cells read as `x()` and set as `x() = …`, by Ammonite's name. */
final class Ref[T](initial: T, onChange: T => Unit = (_: T) => ()):
  private var read = () => initial

  def apply(): T = read()
  def update(value: T): Unit =
    onChange(value)
    read = () => value
  /** Have the value computed at each reading. */
  def bind(value: => T): Unit = read = () => value
  def live(): () => T = () => read()

object Ref:
  def apply[T](value: T): Ref[T] = new Ref(value)

/** What Ammonite prints in; here a cell's result has no colours, whatever is chosen. */
enum Colors:
  case Default, BlackWhite
