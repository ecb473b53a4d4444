package ammonite.interp.api

import almond.api.Dependency
import ammonite.util.{Colors, Ref}
import dotty.tools.dotc.core.Contexts.FreshContext

import java.nio.file.Path
import scala.collection.mutable

/** What notebooks call `interp`: libraries and compiler options, there from the next cell on. */
final class InterpAPI(engine: InterpAPI.Engine):
  val colors: Ref[Colors] = Ref(Colors.BlackWhite)
  val repositories: Ref[List[coursierapi.Repository]] =
    new Ref(Nil, all => all.foreach(one => engine.addRepository(one.root)))
  /** Called with the exit value when the kernel is shut down. */
  val beforeExitHooks: mutable.Buffer[Any => Any] = mutable.Buffer()
  Runtime.getRuntime.addShutdownHook(Thread(() =>
    val _ = beforeExitHooks.foldLeft[Any](())((value, hook) => hook(value))))

  /** Change the options of the compiler, as `ctx.setSetting(ctx.settings.…, …)`. */
  def preConfigureCompiler(change: FreshContext => Unit): Unit = engine.configure(change)
  def configureCompiler(change: FreshContext => Unit): Unit = engine.configure(change)

  /** Ammonite runs a script again when this changes; in a REPL it does nothing there, too. */
  def watch(path: os.Path): Unit = ()
  def watchValue[T](value: => T): T = value

  object load:
    def ivy(dependencies: Dependency*): Unit =
      dependencies.foreach(one => engine.addDependency(one.coordinates))
    def cp(path: Path): Unit = engine.addJar(path)
    def cp(path: String): Unit = engine.addJar(Path.of(path))
    def cp(path: os.Path): Unit = engine.addJar(path.toNIO)
    def cp(paths: Seq[os.Path]): Unit = paths.foreach(cp)

object InterpAPI:
  /** What the engine does for this class. */
  trait Engine:
    def addDependency(coordinates: String): Unit
    def addRepository(root: String): Unit
    def addJar(path: Path): Unit
    def configure(change: FreshContext => Unit): Unit
