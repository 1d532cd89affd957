import Background
import Domain
import Interface

/// What was done on this machine and can be undone, by name, the latest last. It is kept in the store,
/// so that an action can be undone after a restart as long as it has not left the machine.
final class UndoJournal: Sendable {
  /// One action of a person: a bulk is one.
  struct Entry: Sendable, Hashable {
    /// What a person calls it: `approve 14 bills`.
    var title: String
    /// Who knows how to undo it.
    var kind: String
    /// What is needed to undo it and to do it again.
    var payload: JSONValue
  }

  /// Undoes an entry of one kind, or does it again. Throws, in words for a person, when that is not
  /// possible any more: the record was changed since, or the change has left the machine.
  typealias Handler = @Sendable (JSONValue, _ isRedo: Bool) throws(Failure) -> Void

  /// Where the entries are kept.
  struct Shelf: Sendable {
    var load: @Sendable () throws(Failure) -> String?
    var save: @Sendable (String) throws(Failure) -> Void
  }

  /// More steps than anybody goes back.
  static let entriesMax = 100

  private struct State {
    var done: [Entry] = []
    var undone: [Entry] = []
    var handlers: [String: Handler] = [:]
    var isLoaded = false
  }

  private let state = Lock(State())
  private let shelf: Shelf

  init(_ shelf: Shelf) { self.shelf = shelf }

  /// Tells how entries of a kind are undone; once, before the first of them is met.
  func register(_ kind: String, _ handler: @escaping Handler) {
    state.withLock { $0.handlers[kind] = handler }
  }

  /// Notes an action that was done. What was undone before it cannot be done again.
  func record(_ entry: Entry) throws(Failure) {
    try load()
    let text = state.withLock { state in
      state.done.append(entry)
      if state.done.count > Self.entriesMax { state.done.removeFirst() }
      state.undone = []
      return Self.text(state)
    }
    try shelf.save(text)
  }

  /// What could be undone and done again now.
  func undoable() throws(Failure) -> Undoable {
    try load()
    return state.withLock { Self.undoable($0) }
  }

  /// Undoes the last action, or does the last undone one again. An entry that cannot be undone any
  /// more is dropped, so that those before it can be.
  func step(isRedo: Bool) throws(Failure) -> UndoOutcome? {
    try load()
    let taken = state.withLock { state in
      isRedo ? state.undone.popLast() : state.done.popLast()
    }
    guard let entry = taken else { return nil }
    var problem: String?
    if let handler = state.withLock({ $0.handlers[entry.kind] }) {
      do throws(Failure) { try handler(entry.payload, isRedo) } catch {
        problem = error.hint.isEmpty ? error.message : "\(error.message) \(error.hint)"
      }
    } else {
      problem = "This Rentbook does not know how."
    }
    let done = problem == nil
    let (text, next) = state.withLock { state in
      if done, isRedo { state.done.append(entry) }
      if done, !isRedo { state.undone.append(entry) }
      return (Self.text(state), Self.undoable(state))
    }
    try shelf.save(text)
    return UndoOutcome(entry.title, isRedo: isRedo, problem: problem, next: next)
  }

  private static func undoable(_ state: State) -> Undoable {
    Undoable(undo: state.done.last?.title, redo: state.undone.last?.title)
  }

  // MARK: Keeping

  private func load() throws(Failure) {
    guard !state.withLock(\.isLoaded) else { return }
    let text = try shelf.load()
    // Entries that cannot be read are of a version that kept them otherwise: they are let go.
    let value = text.flatMap { try? JSONValue(parsing: $0) }
    state.withLock { state in
      guard !state.isLoaded else { return }
      state.isLoaded = true
      state.done = Self.entries(value?["done"])
      state.undone = Self.entries(value?["undone"])
    }
  }

  private static func entries(_ value: JSONValue?) -> [Entry] {
    (value?.array ?? []).compactMap { entry in
      guard let title = entry["title"]?.string, let kind = entry["kind"]?.string else { return nil }
      return Entry(title: title, kind: kind, payload: entry["payload"] ?? .null)
    }
  }

  private static func text(_ state: State) -> String {
    func array(_ entries: [Entry]) -> JSONValue {
      .array(
        entries.map {
          ["title": .string($0.title), "kind": .string($0.kind), "payload": $0.payload]
        })
    }
    let value: JSONValue = ["done": array(state.done), "undone": array(state.undone)]
    return value.text
  }
}
