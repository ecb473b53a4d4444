package dotty.tools.repl
package labinit

import _root_.labinit.repl.Progress

import scala.tools.asm.{ClassReader, ClassVisitor, ClassWriter, MethodVisitor}
import scala.tools.asm.Opcodes.*

/**
 * Has the code of a cell run as a method of its object, instead of as the initializer of that
 * object's class: while that runs, every other thread that needs the class waits, as those of a
 * Future do, and a class whose initializer throws can never be used again (JVMS 5.5). The method
 * tells of each value that it sets.
 */
private object Initializer:
  private val Owner = classOf[Progress].getName.replace('.', '/')

  def defer(className: String, bytes: Array[Byte]): Array[Byte] =
    if className.matches("""rs\$line\$\d+\$""") then deferred(className, bytes) else bytes

  private def deferred(className: String, bytes: Array[Byte]): Array[Byte] =
    val reader = ClassReader(bytes)
    val writer = ClassWriter(reader, ClassWriter.COMPUTE_MAXS)
    val visitor = new ClassVisitor(ASM9, writer):
      // Only an initializer may set a final field.
      override def visitField(
          access: Int, name: String, kind: String, signature: String, value: Object
      ) =
        super.visitField(access & ~ACC_FINAL, name, kind, signature, value)

      override def visitMethod(
          access: Int, name: String, kind: String, signature: String, thrown: Array[String]
      ) =
        if name != "<clinit>" then super.visitMethod(access, name, kind, signature, thrown)
        else
          makeInstance(super.visitMethod(access, name, kind, signature, thrown), className)
          Tracked(
            super.visitMethod(ACC_PUBLIC | ACC_STATIC, Progress.Method, kind, signature, thrown))
    reader.accept(visitor, ClassReader.EXPAND_FRAMES)
    writer.toByteArray

  /**
   * What is left of the initializer: methods of the object can be called,
   * whether its code runs or not.
   */
  private def makeInstance(method: MethodVisitor, className: String): Unit =
    method.visitCode()
    method.visitTypeInsn(NEW, className)
    method.visitInsn(DUP)
    method.visitMethodInsn(INVOKESPECIAL, className, "<init>", "()V", false)
    method.visitFieldInsn(PUTSTATIC, className, "MODULE$", s"L$className;")
    method.visitInsn(RETURN)
    method.visitMaxs(0, 0)
    method.visitEnd()

  private final class Tracked(next: MethodVisitor) extends MethodVisitor(ASM9, next):
    override def visitFieldInsn(opcode: Int, owner: String, name: String, kind: String): Unit =
      super.visitFieldInsn(opcode, owner, name, kind)
      if opcode == PUTSTATIC then
        visitLdcInsn(name)
        visitMethodInsn(INVOKESTATIC, Owner, "complete", "(Ljava/lang/String;)V", false)
