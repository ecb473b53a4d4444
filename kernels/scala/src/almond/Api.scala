package almond.api

import almond.interpreter.api.{DisplayData, OutputHandler}
import jupyter.{Displayer, Displayers}
import labinit.jvm.Engine

import scala.jdk.CollectionConverters.*
import scala.reflect.{ClassTag, classTag}

type JupyterAPI = JupyterApi

/** What notebooks call `kernel`. */
final class JupyterApi(val publish: OutputHandler):
  import JupyterApi.*
  private var quiet = false
  private var hooks = List[ExecuteHook]()
  private var handlers = List[PartialFunction[Throwable, Unit]]()

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

  /** Have the code of each cell go through a hook before it runs, after those of earlier calls. */
  def addExecuteHook(hook: ExecuteHook): Boolean =
    val isNew = !hooks.contains(hook)
    if isNew then hooks = hooks :+ hook
    isNew
  def removeExecuteHook(hook: ExecuteHook): Boolean =
    val isKnown = hooks.contains(hook)
    hooks = hooks.filterNot(_ == hook)
    isKnown

  /** Have exceptions of cells told to a handler before they are shown. */
  def handleExceptions(handler: PartialFunction[Throwable, Unit]): Unit =
    handlers = handlers :+ handler

  /** For the engine: what the hooks make of a cell, and the exception that has ended it. */
  def preprocess(code: String): Either[ExecuteHookResult, String] =
    hooks.foldLeft[Either[ExecuteHookResult, String]](Right(code)): (before, hook) =>
      before.flatMap(hook.hook)
  def tell(failure: Throwable): Unit = handlers.foreach(_.lift(failure))

object JupyterApi:
  /** The code to run instead, or what comes instead of running any. */
  trait ExecuteHook:
    def hook(code: String): Either[ExecuteHookResult, String]

  enum ExecuteHookResult:
    case Success(data: DisplayData = DisplayData.empty)
    case Error(name: String, message: String, stackTrace: List[String])
    case Abort, Exit

/**
 * A library. Shape: coordinates are GROUP:ARTIFACT:VERSION, or GROUP::ARTIFACT:VERSION for one of
 * Scala's own.
 */
final case class Dependency(coordinates: String):
  def withClassifier(classifier: String): Dependency =
    Dependency(coordinates.replaceFirst("(:[^:]*)$", s":jar:$classifier$$1"))

/** A library without its version yet. */
final case class Module(coordinates: String):
  def %(version: String): Dependency = Dependency(s"$coordinates:$version")

extension (group: String)
  /** "GROUP" %% "ARTIFACT" % "VERSION", a library of Scala's own. */
  def %%(artifact: String): Module = Module(s"$group::$artifact")
  def %(artifact: String): Module = Module(s"$group:$artifact")
