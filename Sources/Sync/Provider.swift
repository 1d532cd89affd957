import Background
import Domain

/// How a service's records of one resource can be read.
public enum Reading: Sendable, Hashable {
  /// Not at all.
  case none
  /// Only whole: changes are found by comparing with what is known.
  case sweep
  /// Changes since a moment can be asked for, with the service's own grain of time.
  case incremental(grain: TimeGrain)

  /// How fine a service's "changed since" filter is, and so how far a pull must overlap the last.
  public enum TimeGrain: Sendable, Hashable {
    case second, day
    /// What is asked for again although it was seen: clocks differ and commits lag.
    public var overlapMilliseconds: Int64 { self == .second ? 120_000 : 86_400_000 }
  }
}

/// What a service lets be done with one resource. The engine asks these and never the service's
/// name, so that another service fits without a change to the engine.
public struct Capabilities: Sendable, Hashable {
  /// How records are read.
  public var reading: Reading
  /// Whether records can be created and changed.
  public var isWritable: Bool
  /// Whether records can be deleted.
  public var isDeletable: Bool
  /// Whether the service announces changes (webhooks or a change feed).
  public var hasEvents: Bool

  /// Capabilities; by default a resource is only read, whole.
  public init(
    reading: Reading = .sweep, isWritable: Bool = false, isDeletable: Bool = false,
    hasEvents: Bool = false
  ) {
    (self.reading, self.isWritable) = (reading, isWritable)
    (self.isDeletable, self.hasEvents) = (isDeletable, hasEvents)
  }
}

/// What went wrong at a service, sorted by what can be done about it.
public struct ProviderError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The sort of failure.
  public enum Kind: String, Sendable, Hashable {
    /// 401: the credentials are missing, wrong or revoked. Nothing is retried, nothing is lost.
    case notAuthorised = "not_authorised"
    /// 403: the credentials are good but may not do this.
    case forbidden
    /// 404: no such record or collection.
    case notFound = "not_found"
    /// 400, 409, 415, 422: the service refuses this request as it is.
    case refused
    /// 429 in spite of pacing, after the retries.
    case rateLimited = "rate_limited"
    /// The calls of the month are used up.
    case quotaSpent = "quota_spent"
    /// No connection, a timeout, 5xx after the retries.
    case unreachable
    /// An answer that is not what the service documents: not JSON, cut short, HTML.
    case unexpectedAnswer = "unexpected_answer"
    /// A request that changes something was sent and no clear answer came: it may have landed.
    case doubt
    /// Something must be set up first (an Airtable table or field is missing).
    case notSetUp = "not_set_up"
    /// The service cannot do this at all.
    case unsupported
    /// The work was asked to stop.
    case cancelled
  }

  /// Which service it is about.
  public var service: Service
  /// The sort of failure.
  public var kind: Kind
  /// What happened, in a sentence for a person, without secrets or personal data.
  public var message: String
  /// What to do next, in a sentence; empty when there is nothing to say.
  public var hint: String
  /// The HTTP status, where there was one.
  public var status: Int?

  /// An error with its sentence.
  public init(
    _ service: Service, _ kind: Kind, _ message: String, hint: String = "", status: Int? = nil
  ) {
    (self.service, self.kind, self.message) = (service, kind, message)
    (self.hint, self.status) = (hint, status)
  }

  /// What happened and what to do next, for a person.
  public var sentence: String { hint.isEmpty ? message : "\(message) \(hint)" }

  /// The form shown in logs and messages.
  public var description: String { "\(service) \(kind.rawValue): \(message)" }
}

/// What a pull asks for.
public struct PullRequest: Sendable, Hashable {
  /// Which resource it is about.
  public var resource: Resource
  /// Only what changed since then, by the service's clock; nil for everything.
  public var changedSince: Instant?
  /// Where the last page ended (``Page/next``); nil for the first page.
  public var cursor: String?

  /// A request for the first page, or the one after `cursor`.
  public init(_ resource: Resource, changedSince: Instant? = nil, cursor: String? = nil) {
    (self.resource, self.changedSince, self.cursor) = (resource, changedSince, cursor)
  }
}

/// One page of records.
public struct Page: Sendable {
  /// The records, in the order of the service.
  public var records: [RemoteRecord]
  /// The cursor of the next page; nil when this is the last. Its text means something to the
  /// provider only, and stays valid across a restart.
  public var next: String?
  /// How many records the whole pull will give, when the service says so.
  public var total: Int?
  /// Whether the pull, once its last page is reached, has shown every record there is. Only then
  /// may an absence be looked into.
  public var isComplete: Bool

  /// A page.
  public init(_ records: [RemoteRecord], next: String?, total: Int? = nil, isComplete: Bool) {
    (self.records, self.next, self.total) = (records, next, total)
    self.isComplete = isComplete
  }
}

/// What a provider may ask of the store while it pulls: which parents are known.
///
/// Some of Buildium's collections can only be read through a parent (payments of a bill, history of
/// a task) or need ids in the request (GL transactions).
public protocol PullContext: Sendable {
  /// The service's ids of the records that are known, in a fixed order.
  func knownIDs(of resource: Resource) throws(ProviderError) -> [String]
  /// The ids of those records of `resource` whose content changed since the dependent collection
  /// `dependent` was last completely pulled; all of them before the first time.
  func changedIDs(of resource: Resource, since dependent: Resource) throws(ProviderError)
    -> [String]
  /// The values of a known record, or nil.
  func record(_ key: RemoteKey) throws(ProviderError) -> Record?
  /// The ids of those known records of `resource` that a record of `referrer` names in `field`.
  func namedIDs(of resource: Resource, by referrer: Resource, field: String) throws(ProviderError)
    -> [String]
  /// The earliest date any known record of `resource` carries in `field`, or nil.
  func earliestDate(of resource: Resource, field: String) throws(ProviderError) -> CalendarDate?
  /// A value the provider stored earlier under `name` (for example the sign convention it found).
  func memory(_ name: String) throws(ProviderError) -> String?
  /// Stores a value under `name` for later runs.
  func remember(_ name: String, _ value: String) throws(ProviderError)
}

/// A record to be written to a service.
public struct Write: Sendable, Hashable {
  /// What is to happen.
  public enum Action: Sendable, Hashable {
    case create
    /// Changes only the fields given.
    case update(remoteID: String)
    case delete(remoteID: String)
  }

  /// The intent this carries out; its row was durable before the first byte leaves (S3).
  public var intentID: String
  /// What is to happen.
  public var action: Action
  /// The record's name on the other side; what the column *Rentbook Key* holds.
  public var key: RemoteKey
  /// The values to write, links already translated to the service's own ids in ``links``.
  public var record: Record
  /// For each link of the record: the target service's id.
  public var links: [RemoteKey: String]

  /// A write.
  public init(
    intentID: String, action: Action, key: RemoteKey, record: Record,
    links: [RemoteKey: String] = [:]
  ) {
    (self.intentID, self.action, self.key) = (intentID, action, key)
    (self.record, self.links) = (record, links)
  }
}

/// How one write ended.
public enum WriteOutcome: Sendable, Hashable {
  /// It is there, under this id.
  case done(remoteID: String)
  /// The service refuses this record; sending it again unchanged would be refused again.
  case refused(ProviderError)
  /// It may have landed or not: look before sending again.
  case doubt(ProviderError)
  /// It certainly did not land and may be sent again later.
  case notSent(ProviderError)
}

/// A row found at a sink service by its Rentbook key.
public struct FoundRow: Sendable, Hashable {
  /// What the key column holds.
  public var key: RemoteKey
  /// The service's id of the row.
  public var remoteID: String
  /// The values of the mapped fields, links as keys where they can be told. A field whose value
  /// cannot be told is not spoken of.
  public var record: Record
  /// Why a field is not spoken of, a sentence each.
  public var problems: [String]

  /// A row.
  public init(key: RemoteKey, remoteID: String, record: Record, problems: [String] = []) {
    (self.key, self.remoteID, self.record) = (key, remoteID, record)
    self.problems = problems
  }
}

/// A service as the engine sees it. Calls block the calling thread; they stop within milliseconds
/// when the cancellation fires, throwing an error of kind `cancelled`.
public protocol Provider: Sendable {
  /// Which service this is.
  var service: Service { get }
  /// What can be done with a resource.
  func capabilities(of resource: Resource) -> Capabilities
  /// One cheap call that proves the credentials; a sentence about the account.
  func verify(_ cancellation: Cancellation) throws(ProviderError) -> String
}

/// A service that records are pulled from.
public protocol SourceProvider: Provider {
  /// One page. Safe to repeat. With no transaction open.
  func page(
    _ request: PullRequest, context: any PullContext, cancellation: Cancellation
  ) throws(ProviderError) -> Page
  /// One record by its id; nil when the service says there is none (404).
  func record(
    _ resource: Resource, id: String, context: any PullContext, cancellation: Cancellation
  ) throws(ProviderError) -> RemoteRecord?
  /// How far the service's clock is ahead of this machine's, in milliseconds, as its last answer
  /// told; nil before the first, or where answers carry no time.
  var clockLeadMilliseconds: Int64? { get }
}

extension SourceProvider {
  /// Nothing is told.
  public var clockLeadMilliseconds: Int64? { nil }
}

/// A service that records are written to.
public protocol SinkProvider: Provider {
  /// How many writes go into one request at most.
  var batchMax: Int { get }
  /// Learns how the service's tables stand, so that ``writableFields(of:)`` knows it. Says nothing
  /// when that fails: whoever goes on to write is told.
  func prepare(_ cancellation: Cancellation)
  /// The fields of a resource this service takes; the engine compares and sends only these. Answers
  /// at once and never asks the service: it is called while the store is held for writing.
  func writableFields(of resource: Resource) -> [FieldDefinition]
  /// Writes one batch of one resource and one kind of action; one outcome per write, in order.
  /// Never throws for what concerns single records; throws when nothing was sent at all.
  func write(
    _ resource: Resource, _ writes: [Write], cancellation: Cancellation
  ) throws(ProviderError) -> [WriteOutcome]
  /// The rows that carry one of `keys`; for settling a doubt. A key may be found twice.
  func find(
    _ resource: Resource, keys: [RemoteKey], cancellation: Cancellation
  ) throws(ProviderError) -> [FoundRow]
  /// One page of all rows that carry a key, for linking a store with a base that is already full.
  func rows(
    _ resource: Resource, cursor: String?, cancellation: Cancellation
  ) throws(ProviderError) -> (rows: [FoundRow], next: String?)
}

extension SinkProvider {
  /// There is nothing to learn.
  public func prepare(_ cancellation: Cancellation) {}
}
