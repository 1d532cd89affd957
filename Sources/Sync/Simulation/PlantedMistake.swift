/// Mistakes that look right, each planted on demand: the checks must catch every one.
public enum PlantedMistake: String, Sendable, Hashable, CaseIterable {
  /// M1: a create in doubt at the service is sent again without looking.
  case createRepeated = "M1"
  /// M1b: the same at the mirror.
  case rowRepeated = "M1b"
  /// M2: the base moves before the write is acknowledged.
  case baseBeforeAnswer = "M2"
  /// M3: the next pull does not overlap the last.
  case noOverlap = "M3"
  /// M4: what a list does not show is taken for deleted.
  case absenceIsDeletion = "M4"
  /// M5: the place in the feed is kept before what it told.
  case feedBeforeRows = "M5"
  /// M6: the later edit is told by the time of the whole record.
  case newestByRecord = "M6"
  /// M7: nothing is compared before it is overwritten.
  case noCompare = "M7"
  /// M8: the cursor is kept before the records.
  case cursorBeforeRecords = "M8"
  /// M9: a conflict is settled and the loser is not put on record.
  case loserForgotten = "M9"
  /// M10: one base for both sides, taken from what is seen.
  case oneBase = "M10"
  /// M11: a batch that was refused for one of its records is sent again as it is.
  case batchRepeated = "M11"
  /// M12: nobody notices that the feed forgot something.
  case gapUnnoticed = "M12"
  /// M13: cursors come from the local clock.
  case localClock = "M13"
  /// M14: a create that is found takes its base from what is seen.
  case baseFromView = "M14"
  /// M15: a record is made without asking for one that is there under the same natural key.
  case noTwinAsked = "M15"
  /// M16: an upsert in doubt is sent again.
  case upsertRepeated = "M16"
  /// M17: a create that waits to be sent is not looked at again, though its row was linked meanwhile.
  case createNotRechecked = "M17"
  /// M18: the engine's own create is taken for a new record.
  case ownTakenForNew = "M18"
  /// M19: a complete list is compared with what is linked, not with everything that was ever seen.
  case sweepOfLinked = "M19"
  /// M20: one answer moves the base of the whole record.
  case answerMovesAll = "M20"
  /// A column that was deleted and made again is taken for one that a person emptied.
  case renewedColumnTrusted = "M21"
}
