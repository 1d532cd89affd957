// Undoing what was done on this machine. The program keeps the actions; the screen knows their names.
import Domain

/// What could be undone and done again now, by the names of the actions: `approve 14 bills`.
public struct Undoable: Sendable, Hashable {
  /// What `u` would undo; nil when there is nothing.
  public var undo: String?
  /// What `Ctrl-R` would do again; nil when there is nothing.
  public var redo: String?
  /// Why the last action cannot be undone any more, when that is so: `sent to Buildium already`.
  public var reason: String?

  /// What could be undone and done again.
  public init(undo: String? = nil, redo: String? = nil, reason: String? = nil) {
    (self.undo, self.redo, self.reason) = (undo, redo, reason)
  }
}

/// What came of undoing, or of doing again.
public struct UndoOutcome: Sendable, Hashable {
  /// The action's name.
  public var title: String
  /// Whether it was done again rather than undone.
  public var isRedo: Bool
  /// Why nothing happened; nil when it did.
  public var problem: String?
  /// What could be undone and done again afterwards.
  public var next: Undoable

  /// An outcome.
  public init(_ title: String, isRedo: Bool, problem: String? = nil, next: Undoable) {
    (self.title, self.isRedo, self.problem, self.next) = (title, isRedo, problem, next)
  }
}
