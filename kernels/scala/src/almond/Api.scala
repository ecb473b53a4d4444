package almond.api

import almond.interpreter.api.OutputHandler
import jupyter.{Displayer, Displayers}
import labinit.jvm.Engine

import scala.jdk.CollectionConverters.*
import scala.reflect.{ClassTag, classTag}

/** What notebooks call `kernel`. */
final class JupyterApi(val publish: OutputHandler):
  private var quiet = false

  /** Ask the user for a line. */
  def stdin(prompt: String = "", password: Boolean = false): String =
    Engine.input().ask(prompt, password)
  def stdinOpt(prompt: String = "", password: Boolean = false): Option[String] =
    Some(stdin(prompt, password))

  /** Whether results of cells are left unshown. */
  def silent: Boolean = quiet
  def silent(on: Boolean): Unit = quiet = on

  /** Have values of a type shown as `f` says. */
  def register[T: ClassTag](f: T => Map[String, String]): Unit =
    val displayer: Displayer[T] = value => f(value).asJava
    Displayers.register(classTag[T].runtimeClass.asInstanceOf[Class[T]], displayer)

/** What notebooks call `interp`: libraries that are there from the next cell on. */
final class InterpApi(libraries: InterpApi.Libraries):
  object load:
    def ivy(dependencies: Dependency*): Unit =
      dependencies.foreach(one => libraries.addDependency(one.coordinates))
    def cp(path: java.nio.file.Path): Unit = libraries.addJar(path)
    def cp(path: String): Unit = libraries.addJar(java.nio.file.Path.of(path))
  object repositories:
    private var list = List[coursierapi.Repository]()
    def apply(): List[coursierapi.Repository] = list
    def update(repositories: List[coursierapi.Repository]): Unit =
      repositories.filterNot(list.contains).foreach(one => libraries.addRepository(one.root))
      list = repositories

object InterpApi:
  /** What the engine does for this class. */
  trait Libraries:
    def addDependency(coordinates: String): Unit
    def addRepository(root: String): Unit
    def addJar(path: java.nio.file.Path): Unit

/**
 * A library. Shape: coordinates are GROUP:ARTIFACT:VERSION, or GROUP::ARTIFACT:VERSION for one of
 * Scala's own.
 */
final case class Dependency(coordinates: String)

/** A library without its version yet. */
final case class Module(coordinates: String):
  def %(version: String): Dependency = Dependency(s"$coordinates:$version")

extension (group: String)
  /** "GROUP" %% "ARTIFACT" % "VERSION", a library of Scala's own. */
  def %%(artifact: String): Module = Module(s"$group::$artifact")
  def %(artifact: String): Module = Module(s"$group:$artifact")

/** Input of the user's, in the steps that notebooks build it. */
final case class Input(prompt: String = "", password: Boolean = false):
  def withPrompt(text: String): Input = copy(prompt = text)
  def withPassword(): Input = copy(password = true)
  def withPassword(on: Boolean): Input = copy(password = on)
  def request(): String = Engine.input().ask(prompt, password)
