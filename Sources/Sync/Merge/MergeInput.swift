import Domain

/// Everything one merge depends on: what both sides agreed on last, what each shows now, the rules,
/// and what a person chose. The merge reads no clock and no store, so the same input gives the same
/// plan for ever.
public struct MergeInput: Sendable, Hashable {
  /// What was last in step.
  public var base: MergeBase
  /// What each side shows.
  public var seen: Sides<Observation>
  /// The rules.
  public var policy: MergePolicy
  /// What each side lets be done.
  public var abilities: Sides<Abilities>
  /// How many records of each side carry the same natural key.
  public var matches: Sides<Int>
  /// Whether the records this one links to exist on the side it would be made on.
  public var isParentLinked: Bool
  /// What a person chose, field by field.
  public var choices: [Choice]
  /// Fields a person is asked about whatever the base says: a side refused what they chose.
  public var asked: Set<String>

  /// An input; by default a side can do everything and one record matches.
  public init(
    base: MergeBase, seen: Sides<Observation>, policy: MergePolicy = MergePolicy(),
    abilities: Sides<Abilities> = Sides(both: Abilities()),
    matches: Sides<Int> = Sides(both: 1), isParentLinked: Bool = true, choices: [Choice] = [],
    asked: Set<String> = []
  ) {
    (self.base, self.seen, self.policy, self.abilities) = (base, seen, policy, abilities)
    (self.matches, self.isParentLinked, self.choices) = (matches, isParentLinked, choices)
    self.asked = asked
  }
}

/// What a pair of records last agreed on.
public enum MergeBase: Sendable, Hashable {
  /// The records were never linked.
  case never
  /// The pair was given up on purpose: deleted on both sides, or detached.
  case tombstone
  /// The values, one set per side: a side that trims or rounds keeps other values and is in step.
  case fields(Sides<FieldValues>)
}

/// What one side showed of a record.
public struct Observation: Sendable, Hashable {
  /// Whether this side was read. If not, absence must not be concluded.
  public var isSeen: Bool
  /// Whether the record is there.
  public var isPresent: Bool
  /// Its values; a field that is missing is empty.
  public var fields: FieldValues
  /// Moments between which the last edit surely was, in any unit both sides share; nil when unknown.
  public var edited: ClosedRange<Int64>?
  /// Fields whose column is missing or of another kind: an absent value there is no value.
  public var unreadable: Set<String>

  /// What a side that was read shows.
  public init(
    isSeen: Bool = true, isPresent: Bool = true, fields: FieldValues = [:],
    edited: ClosedRange<Int64>? = nil, unreadable: Set<String> = []
  ) {
    (self.isSeen, self.isPresent, self.fields) = (isSeen, isPresent, fields)
    (self.edited, self.unreadable) = (edited, unreadable)
  }

  /// A side that was not read.
  public static let unseen = Observation(isSeen: false, isPresent: false)
  /// A side that was read and has no such record.
  public static let absent = Observation(isPresent: false)
}

/// What a side lets be done with a record.
public struct Abilities: Sendable, Hashable {
  /// Whether records can be made.
  public var canCreate: Bool
  /// Whether records can be changed.
  public var canUpdate: Bool
  /// Whether records can be deleted.
  public var canDelete: Bool

  /// Abilities; by default all.
  public init(canCreate: Bool = true, canUpdate: Bool = true, canDelete: Bool = true) {
    (self.canCreate, self.canUpdate, self.canDelete) = (canCreate, canUpdate, canDelete)
  }
}

/// The rules of a merge.
public struct MergePolicy: Sendable, Hashable {
  /// Who decides when both sides changed a field to different values.
  public enum Conflict: String, Sendable, Hashable, CaseIterable {
    case manual
    case leftWins = "left_wins"
    case rightWins = "right_wins"
    /// The later edit, but only where the times surely do not overlap; else a person.
    case newest = "lww"
  }

  /// Which way a field flows.
  public enum Direction: String, Sendable, Hashable, CaseIterable {
    case both
    case leftToRight = "left_to_right"
    case rightToLeft = "right_to_left"

    /// Whose values count; nil when both do.
    public var owner: Side? {
      switch self {
      case .both: nil
      case .leftToRight: .left
      case .rightToLeft: .right
      }
    }

    /// Whether values may go from a side to the other.
    func flows(from side: Side) -> Bool { owner == nil || owner == side }
  }

  /// What becomes of an edit on the side that does not own the field.
  public enum ForeignEdit: String, Sendable, Hashable, CaseIterable { case revert, ignore }

  /// What becomes of a record that is gone on one side and was not edited on the other.
  public enum Deletion: String, Sendable, Hashable, CaseIterable {
    case propagate, restore, detach, manual
  }

  /// What becomes of a record that is gone on one side and was edited on the other.
  public enum DeletedAndEdited: String, Sendable, Hashable, CaseIterable {
    case manual
    case editWins = "edit_wins"
    case deleteWins = "delete_wins"
  }

  /// What happens instead of a deletion that a side cannot carry out.
  public enum Undeletable: String, Sendable, Hashable, CaseIterable { case restore, detach }

  /// The rules of one field.
  public struct Field: Sendable, Hashable {
    /// Who decides a conflict.
    public var conflict: Conflict
    /// Which way it flows.
    public var direction: Direction
    /// What becomes of an edit against the direction.
    public var foreignEdit: ForeignEdit

    /// Rules; by default both ways, and a person decides.
    public init(
      conflict: Conflict = .manual, direction: Direction = .both, foreignEdit: ForeignEdit = .revert
    ) {
      (self.conflict, self.direction, self.foreignEdit) = (conflict, direction, foreignEdit)
    }
  }

  /// The rules of fields that have none of their own.
  public var standard: Field
  /// The rules of single fields.
  public var fields: [String: Field]
  /// By the side on which the record is gone.
  public var onDelete: Sides<Deletion>
  /// Gone on one side, edited on the other.
  public var deletedAndEdited: DeletedAndEdited
  /// In place of a deletion that cannot be.
  public var undeletable: Undeletable
  /// How far the clocks of the two sides may differ, in the unit of ``Observation/edited``.
  public var skew: Int64

  /// Rules; by default those that lose nothing: a person decides, a row deleted on the right is made
  /// again, a record deleted on the left goes on the right.
  public init(
    standard: Field = Field(), fields: [String: Field] = [:],
    onDelete: Sides<Deletion> = Sides(left: .propagate, right: .restore),
    deletedAndEdited: DeletedAndEdited = .manual, undeletable: Undeletable = .restore,
    skew: Int64 = 0
  ) {
    (self.standard, self.fields, self.onDelete) = (standard, fields, onDelete)
    (self.deletedAndEdited, self.undeletable, self.skew) = (deletedAndEdited, undeletable, skew)
  }

  /// The rules of a field.
  public func rules(of field: String) -> Field { fields[field] ?? standard }
}

/// A person's decision on a conflict, with the values they saw: it holds for no others.
public struct Choice: Sendable, Hashable {
  /// What was chosen.
  public enum Pick: Sendable, Hashable {
    case left, right
    /// What both last agreed on.
    case base
    /// A value of their own.
    case value(FieldValue)
  }

  /// The field; nil when the conflict is about the whole record.
  public var field: String?
  /// What was chosen.
  public var pick: Pick
  /// The values they saw.
  public var seen: Sides<ConflictValue>

  /// A decision.
  public init(field: String?, pick: Pick, seen: Sides<ConflictValue>) {
    (self.field, self.pick, self.seen) = (field, pick, seen)
  }
}

/// What a side held when a conflict was found: one value, or a whole record.
public enum ConflictValue: Sendable, Hashable {
  /// The value of the field the conflict is about.
  case value(FieldValue)
  /// The fields of the record the conflict is about.
  case record(FieldValues)
  /// There was no record.
  case none
}
