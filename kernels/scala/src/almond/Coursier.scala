package coursierapi

/** Where libraries are fetched from, by coursier's name: the part of it that notebooks write. */
sealed trait Repository:
  def root: String

final case class MavenRepository(root: String) extends Repository:
  def withCredentials(credentials: Credentials): MavenRepository =
    throw UnsupportedOperationException(
      s"user and password of $root are read from ~/.m2/settings.xml, as Maven's own")

object MavenRepository:
  def of(root: String): MavenRepository = MavenRepository(root)

final case class Credentials(user: String, password: String)

object Credentials:
  def of(user: String, password: String): Credentials = Credentials(user, password)

object Dependency:
  def of(group: String, artifact: String, version: String): almond.api.Dependency =
    almond.api.Dependency(s"$group:$artifact:$version")
