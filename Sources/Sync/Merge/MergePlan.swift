import Domain

/// What is to be done with one pair of records. A value: nothing has happened yet.
public struct MergePlan: Sendable, Hashable {
  /// What is to be done, in one word.
  public enum Action: String, Sendable, Hashable, CaseIterable {
    /// All is in step, or everything that is not waits for a person.
    case none
    /// A side must be read before anything can be said.
    case fetch
    case createLeft = "create_left"
    case createRight = "create_right"
    /// Values are written to one side or to both.
    case update
    /// Nothing is written; the base follows what both already hold.
    case adopt
    /// Two records that were found to be one.
    case link
    case deleteLeft = "delete_left"
    case deleteRight = "delete_right"
    case restoreLeft = "restore_left"
    case restoreRight = "restore_right"
    /// What is left on one side stays there and is no longer kept in step.
    case detach
    /// Both are gone.
    case forget
    /// The whole record waits for a person.
    case conflictRecord = "conflict_record"
    /// A record it links to must be made first.
    case deferParent = "defer_parent"
    /// The other side takes no new records.
    case blocked

    static func create(_ side: Side) -> Action { side == .left ? .createLeft : .createRight }
    static func delete(_ side: Side) -> Action { side == .left ? .deleteLeft : .deleteRight }
    static func restore(_ side: Side) -> Action { side == .left ? .restoreLeft : .restoreRight }
  }

  /// A difference that waits for a person.
  public struct Conflict: Sendable, Hashable {
    /// Why no rule settles it.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
      /// Both sides changed the field to different values.
      case editVsEdit = "edit_vs_edit"
      /// The value belongs on a side that does not take it.
      case notWritable = "not_writable"
      /// Several records carry the same natural key.
      case ambiguousMatch = "ambiguous_match"
      /// The pair was given up earlier and shows up again.
      case resurrected
      /// Gone on one side.
      case delete
      /// Gone on one side, edited on the other.
      case deleteVsEdit = "delete_vs_edit"
    }

    /// The field; nil when it is about the whole record.
    public var field: String?
    /// Why no rule settles it.
    public var kind: Kind
    /// What was last in step; nil when nothing was.
    public var base: Sides<ConflictValue>?
    /// What each side holds.
    public var values: Sides<ConflictValue>

    /// A conflict.
    public init(
      field: String?, kind: Kind, base: Sides<ConflictValue>?, values: Sides<ConflictValue>
    ) {
      (self.field, self.kind, self.base, self.values) = (field, kind, base, values)
    }
  }

  /// A value that leaves live data without being what was last in step.
  public struct Loss: Sendable, Hashable {
    /// How it leaves.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
      /// A rule decided for the other side.
      case overwritten
      /// A person did.
      case resolved
      /// The whole record is deleted.
      case deletedRecord = "deleted_record"
      /// The whole record stays where it is and is no longer kept in step.
      case detachedRecord = "detached_record"
    }

    /// The field; nil when it is about the whole record.
    public var field: String?
    /// How it leaves.
    public var kind: Kind
    /// Where it stood.
    public var side: Side
    /// What stood there.
    public var value: ConflictValue

    /// A loss.
    public init(field: String?, kind: Kind, side: Side, value: ConflictValue) {
      (self.field, self.kind, self.side, self.value) = (field, kind, side, value)
    }
  }

  /// What is to be done.
  public var action: Action
  /// Sides that must be read first.
  public var fetch: [Side]
  /// Values to write, by side.
  public var set: Sides<FieldValues>
  /// What the base becomes once every write is acknowledged.
  public var base: MergeBase
  /// What waits for a person.
  public var conflicts: [Conflict]
  /// Values to be put on record before they are overwritten.
  public var losses: [Loss]
  /// Fields whose choice was made against other values than those that stand now.
  public var staleChoices: [String?]
  /// Fields left alone because a side cannot be read.
  public var skipped: [String]

  /// A plan that does nothing yet.
  public init(_ action: Action, base: MergeBase) {
    (self.action, self.base) = (action, base)
    (fetch, conflicts, losses, staleChoices, skipped) = ([], [], [], [], [])
    set = Sides(both: [:])
  }

  /// Whether something is written to a service.
  public var isWriting: Bool {
    switch action {
    case .createLeft, .createRight, .deleteLeft, .deleteRight, .restoreLeft, .restoreRight: true
    default: !set.left.isEmpty || !set.right.isEmpty
    }
  }
}
