package almond.input

import labinit.jvm.Engine

/** Input of the user's, in the steps that notebooks build it. */
final case class Input(prompt: String = "", password: Boolean = false):
  def withPrompt(text: String): Input = copy(prompt = text)
  def withPassword(): Input = copy(password = true)
  def withPassword(on: Boolean): Input = copy(password = on)
  def request(): String = Engine.input().ask(prompt, password)
