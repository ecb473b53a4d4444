package labinit.repl

import org.dflib.jjava.maven.MavenDependencyResolver

import java.nio.file.Path
import java.util.List as JList
import scala.jdk.CollectionConverters.*
import scala.util.control.NonFatal

/** Fetches libraries with all that they need, from Maven Central or as ~/.m2/settings.xml says. */
final class Maven:
  private lazy val resolver = MavenDependencyResolver()

  /**
   * The library's jars. Shape: GROUP:ARTIFACT:VERSION, or GROUP::ARTIFACT:VERSION for one of
   * Scala's own.
   */
  def fetch(coordinates: String): List[Path] =
    // Scala's own libraries are compiled for each of its versions.
    val plain = coordinates.strip.replaceFirst("^([^:]+):::?([^:]+):", "$1:$2_3:")
    val found =
      try resolver.loadDependencies(JList.of(), JList.of(plain)).values.asScala
      catch
        case NonFatal(failure) if plain != coordinates.strip =>
          val other = plain.replaceFirst("_3:([^:]*)$", "_2.13:$1")
          throw IllegalArgumentException(
            s"${failure.getMessage}\n(where it is for Scala 2.13 alone: $other)")
    // The library of the compiler that runs is there already; another one would break it.
    found.flatMap(_.asScala).toList.distinct.map(Path.of(_))
      .filterNot(_.getFileName.toString.matches("scala3?-library(_3)?-[0-9].*[.]jar"))

  def addRepository(root: String): Unit =
    if !root.contains("://") then
      throw IllegalArgumentException(s"repository $root: wanted is an address, as https://…")
    resolver.addRemoteRepo(s"repository-${root.hashCode}", root)
