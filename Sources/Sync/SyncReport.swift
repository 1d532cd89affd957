import Domain
import Storage

/// What a run of the engine is asked to do.
public struct SyncOptions: Sendable, Hashable {
  /// Which half of the way.
  public enum Direction: String, Sendable, Hashable, CaseIterable { case pull, push, both }

  /// Everything is read again, whatever is known.
  public var isFull: Bool
  /// Only these; nil for all.
  public var resources: [Resource]?
  /// Which half of the way.
  public var direction: Direction
  /// Nothing is written anywhere; the report lists what would be.
  public var isDryRun: Bool
  /// A person looked: many rows that were edited or deleted at once are no accident.
  public var acceptsMassChange = false
  /// A person saw a list and lets go that many, and no more; nil when nobody did.
  public var permit: HeldChange.Permit?
  /// The sink is asked what people did there. Without that, rows are still compared right before they
  /// are written, so that nobody's edit is lost.
  public var observesSink = true
  /// Who asks for the run, for what is put on record of it.
  public var person = "rentbook"
  /// An edit at the mirror is carried on once it has stood for so long: a mirror stores what a person
  /// is still typing. Zero for a run somebody asks for by hand; ``typingSeconds`` where runs follow
  /// each other by themselves.
  public var settleSeconds = 0
  /// What no record of the sink is made from, and can only be read whole, is left out when it was read
  /// within so long. Zero for a run somebody asks for; ``restingSeconds`` for looks, which would spend
  /// most of their calls on it.
  public var restSeconds = 0
  /// Whether a full run reads the sink whole as well, and not only what its feed tells.
  public var sweepsSink = true
  /// What the source announces by events is left out where it was read within so long. Zero where no
  /// events are heard; ``hearingSeconds`` for looks beside a listener.
  public var heardSeconds = 0
  /// How long the run waits for another one that holds the store, in seconds. Zero to fail at once;
  /// ``waitingSeconds`` for looks, which take their turn while events are worked on.
  public var turnSeconds = 0
  /// How far looks let such reading stand apart.
  public static let restingSeconds = 600
  /// An event that never came is made up for within this time.
  public static let hearingSeconds = 300
  /// Enough for what was begun to be sent.
  public static let waitingSeconds = 5
  /// So long a person who types makes no pause.
  public static let typingSeconds = 15

  /// A request; by default everything that changed, both ways.
  public init(
    isFull: Bool = false, resources: [Resource]? = nil, direction: Direction = .both,
    isDryRun: Bool = false
  ) {
    (self.isFull, self.resources, self.direction) = (isFull, resources, direction)
    self.isDryRun = isDryRun
  }

  /// Whether a person let go so many changes of a kind.
  func accepts(_ kind: HeldChange.Kind, _ count: Int) -> Bool {
    acceptsMassChange || permit.map { $0.kind == kind && count <= $0.count } ?? false
  }
}

/// What a run did.
public struct SyncReport: Sendable, Hashable {
  /// One resource's counts.
  public struct Row: Sendable, Hashable {
    /// Which resource it is about.
    public var resource: Resource
    /// Records the source gave.
    public var pulled = 0
    /// Of those: not known before.
    public var created = 0
    /// Of those: known and changed.
    public var updated = 0
    /// Of those: known and the same.
    public var unchanged = 0
    /// Known records the source has no longer.
    public var deleted = 0
    /// Differences that wait for a person.
    public var conflicts = 0
    /// Records that were refused, and the resource itself when it could not be read or sent.
    public var failed = 0
    /// Rows made at the sink.
    public var pushedCreated = 0
    /// Rows changed at the sink.
    public var pushedUpdated = 0
    /// Rows removed at the sink.
    public var pushedDeleted = 0
    /// Records made at the source, from rows born at the sink.
    public var sourceCreated = 0
    /// Records changed at the source, by edits made at the sink.
    public var sourceUpdated = 0

    /// No counts yet.
    public init(_ resource: Resource) { self.resource = resource }
  }

  /// One row per resource that took part, parents first.
  public var rows: [Row]
  /// What would be written, in the order in which it would be; empty unless it was a dry run.
  public var writes: [PlannedWrite]
  /// What a person should know: refusals, stopped resources, rows left alone.
  public var messages: [String]
  /// How long it took.
  public var durationMilliseconds: Int

  /// A report.
  public init(
    rows: [Row] = [], writes: [PlannedWrite] = [], messages: [String] = [],
    durationMilliseconds: Int = 0
  ) {
    (self.rows, self.writes, self.messages) = (rows, writes, messages)
    self.durationMilliseconds = durationMilliseconds
  }

  /// Whether something waits for a person.
  public var needsPerson: Bool { rows.contains { $0.failed > 0 || $0.conflicts > 0 } }
}

/// A write a dry run found.
public struct PlannedWrite: Sendable, Hashable {
  /// What would happen to the record.
  public enum Action: String, Sendable, Hashable { case create, update, delete }

  /// One field of it.
  public struct Change: Sendable, Hashable {
    /// The field.
    public var field: String
    /// The value the service has, as far as is known.
    public var before: FieldValue
    /// The value it would get.
    public var after: FieldValue

    /// A change of one field.
    public init(field: String, before: FieldValue, after: FieldValue) {
      (self.field, self.before, self.after) = (field, before, after)
    }
  }

  /// The service that would be written to.
  public var service: Service
  /// The record.
  public var key: RemoteKey
  /// What would happen to it.
  public var action: Action
  /// The fields that would be sent, by name; none for a deletion.
  public var changes: [Change]

  /// A planned write.
  public init(service: Service, key: RemoteKey, action: Action, changes: [Change]) {
    (self.service, self.key, self.action, self.changes) = (service, key, action, changes)
  }
}

/// What the engine tells while it works.
public enum SyncEvent: Sendable, Hashable {
  /// How far one resource is in one direction; at most twice a second for each.
  case progress(Resource, SyncOptions.Direction, Progress)
  /// Something a person may want to read.
  case message(LogMessage.Level, String, RemoteKey?)
  /// The run is over.
  case finished(SyncReport)
}

/// Why a run stopped before its end. What was done until then stays done and is not repeated.
public enum SyncError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Another process is at it; the text says which and since when.
  case alreadyRunning(String)
  /// The store failed.
  case store(StorageError)
  /// A service refuses the credentials, has no calls left, cannot be reached, or must be set up.
  case service(ProviderError)
  /// It was asked to stop.
  case cancelled

  /// The form shown in logs and messages.
  public var description: String {
    switch self {
    case .alreadyRunning(let text): text
    case .store(let error): error.message
    case .service(let error): error.description
    case .cancelled: "cancelled"
    }
  }
}
