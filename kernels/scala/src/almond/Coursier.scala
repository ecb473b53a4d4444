package coursierapi

/** Where libraries are fetched from, by coursier's name: the part of it that notebooks write. */
sealed trait Repository:
  def root: String

final case class MavenRepository(root: String) extends Repository

object MavenRepository:
  def of(root: String): MavenRepository = MavenRepository(root)

object Dependency:
  def of(group: String, artifact: String, version: String): almond.api.Dependency =
    almond.api.Dependency(s"$group:$artifact:$version")
