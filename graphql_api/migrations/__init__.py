"""From the data of an earlier release to that of this one.

A database has a stamp (`stamps`): the number of its format. Whoever starts a server (`prepare`) takes the lock and
brings the data to the newest format, one migration after the other; others wait for it. A database in which nothing is
yet is made in the newest format at once (`fresh`), from the indexes that documents declare. Where the data is newer
than the program, nothing is touched and the program does not start.

A migration is a module `m0007_what_it_does`, whose docstring says what changes and why, with one coroutine
`migrate(work)`. It never changes once it was released, and takes nothing from `documents`, which go on without it:
names of collections, fields and indexes stand in it as they were. It may be killed anywhere and is then run again from
its beginning; `work` offers writes for which that is harmless, and which have no effect once the lock is lost.

The catalog is derived from the registry and made anew after all migrations; a release that changes what the catalog
holds and nothing else needs a migration that does nothing."""
