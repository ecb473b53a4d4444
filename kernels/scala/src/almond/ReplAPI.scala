package ammonite.repl.api

import ammonite.util.Ref
import pprint.PPrinter

/** What notebooks call `repl`: the session itself. */
final class ReplAPI(val pprinter: Ref[PPrinter], engine: ReplAPI.Engine):
  /** The last exception of a cell, or null. */
  def lastException: Throwable = engine.lastException
  /** The cells of this session, this one included. */
  def history: Vector[String] = engine.history
  def fullHistory: Vector[String] = engine.history
  /** Print a value whole. */
  def show(value: Any): Unit =
    println(pprinter()(value, height = Int.MaxValue).plainText)

  /** Code that runs as soon as this cell has ended. */
  object load:
    def apply(code: String): Unit = engine.load(code)
    def exec(script: os.Path): Unit = engine.load(os.read(script))

  /** Definitions as they were, by name: loading takes effect when this cell has ended. */
  object sess:
    def save(name: String = ""): Unit = engine.save(name)
    def load(name: String = ""): Unit = engine.restore(name)

object ReplAPI:
  /** What the engine does for this class. */
  trait Engine:
    def lastException: Throwable
    def history: Vector[String]
    def load(code: String): Unit
    def save(name: String): Unit
    def restore(name: String): Unit
