// A mirror that people type into: its rows whoever made them, its feed of changes, its schema.
import Background
import Domain

/// A table of the mirror that is looked at.
public enum ObservedTable: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// The table of a mirrored resource.
  case of(Resource)
  /// What a person plans; rows can be posted.
  case forecasts

  /// Rentbook's name of the table: `gl_accounts`, `forecasts`.
  public var name: String {
    switch self {
    case .of(let resource): resource.rawValue
    case .forecasts: "forecasts"
    }
  }
  /// The form shown in logs and messages.
  public var description: String { name }
  /// The resource; nil for a table that mirrors none.
  public var resource: Resource? { if case .of(let resource) = self { resource } else { nil } }
  /// Whether its rows can ask to be posted.
  public var hasPosting: Bool {
    self == .of(.transactions) || self == .of(.bills) || self == .forecasts
  }

  /// Every table that is looked at, parents first.
  public static let all: [ObservedTable] = Resource.mirrored.map { .of($0) } + [.forecasts]

  /// Reads ``name``; nil for a table that is not looked at.
  public init?(name: String) {
    guard let table = Self.all.first(where: { $0.name == name }) else { return nil }
    self = table
  }

  /// Parents first.
  public static func < (left: ObservedTable, right: ObservedTable) -> Bool {
    switch (left, right) {
    case (.of(let left), .of(let right)): left < right
    case (.of, .forecasts): true
    default: false
    }
  }
}

/// What stands in a row's key column.
public enum RowKey: Sendable, Hashable {
  /// Nothing: the row was born here.
  case none
  /// The key of a record.
  case key(RemoteKey)
  /// Text that is no key, or that of another table: a person must look.
  case unreadable(String)

  /// The key, when there is one.
  public var key: RemoteKey? { if case .key(let key) = self { key } else { nil } }
}

/// A row of the mirror as it stands, whoever made it.
public struct ObservedRow: Sendable, Hashable {
  /// The mirror's id of the row.
  public var remoteID: String
  /// What its key column holds. Two rows may hold one key (a row pasted twice).
  public var key: RowKey
  /// The values in the vocabulary of ``MirrorSchema`` (or of the forecasts table: `date amount memo
  /// property_id gl_account_id kind`). A field that cannot be read is missing, not null.
  public var fields: FieldValues
  /// Links to several records in the order in which they stand in the row, by field; in ``fields``
  /// their order has no meaning.
  public var linked: [String: [RemoteKey]]
  /// Why a field is missing from ``fields``, a sentence each, by field.
  public var unreadable: [String: String]
  /// Whether *Post to Buildium* is ticked.
  public var wantsPosting: Bool
  /// What *Post Result* says.
  public var postResult: String
  /// When the row was made, by the mirror's clock.
  public var createdAt: Instant?

  /// A row.
  public init(
    remoteID: String, key: RowKey, fields: FieldValues, linked: [String: [RemoteKey]] = [:],
    unreadable: [String: String] = [:], wantsPosting: Bool = false, postResult: String = "",
    createdAt: Instant? = nil
  ) {
    (self.remoteID, self.key, self.fields) = (remoteID, key, fields)
    (self.linked, self.unreadable, self.wantsPosting) = (linked, unreadable, wantsPosting)
    (self.postResult, self.createdAt) = (postResult, createdAt)
  }
}

/// One page of rows.
public struct ObservedPage: Sendable, Hashable {
  /// The rows.
  public var rows: [ObservedRow]
  /// Where the next page begins; nil after the last.
  public var next: String?
  /// Whether the listing had to begin again with this page: what was listed before it comes once
  /// more, and whoever collects what is absent must collect anew.
  public var restarted: Bool

  /// A page.
  public init(rows: [ObservedRow], next: String?, restarted: Bool = false) {
    (self.rows, self.next, self.restarted) = (rows, next, restarted)
  }
}

/// What happened to the rows of one table. Hints: read the rows again.
public struct RowChanges: Sendable, Hashable {
  /// Ids of rows made or changed and not deleted since, in order.
  public var changed: [String]
  /// Ids of rows deleted, in order. The one proof of a deletion beside a lookup.
  public var destroyed: [String]

  /// Changes.
  public init(changed: [String] = [], destroyed: [String] = []) {
    (self.changed, self.destroyed) = (changed, destroyed)
  }
}

/// What the feed of changes answered.
public struct FeedAnswer: Sendable, Hashable {
  /// What happened, by table; tables nobody maps are left out.
  public var changes: [ObservedTable: RowChanges]
  /// Where the next question starts. Store it in the transaction that stores what the answer says.
  public var next: String
  /// Whether to ask again at once.
  public var mightHaveMore: Bool
  /// Whether tables or fields were made, changed or deleted: ask for the drift.
  public var changesSchema: Bool
  /// Why the feed cannot have told everything, a sentence: it was new, had ended, was switched off,
  /// or has a gap. All tables must then be read whole, after ``next`` was stored and before the next
  /// question. Nil when the feed told everything.
  public var sweepNeeded: String?
  /// When the last change of the answer happened, by the mirror's clock.
  public var lastChangeAt: Instant?

  /// An answer.
  public init(
    changes: [ObservedTable: RowChanges] = [:], next: String, mightHaveMore: Bool = false,
    changesSchema: Bool = false, sweepNeeded: String? = nil, lastChangeAt: Instant? = nil
  ) {
    (self.changes, self.next, self.mightHaveMore) = (changes, next, mightHaveMore)
    (self.changesSchema, self.sweepNeeded) = (changesSchema, sweepNeeded)
    self.lastChangeAt = lastChangeAt
  }
}

/// How the mirror's tables and fields differ from what is meant. Ids are followed, never names.
public struct SchemaDrift: Sendable, Hashable {
  /// What is different.
  public enum Kind: Sendable, Hashable {
    /// Never seen, and nothing has its name.
    case missing
    /// It was there and was deleted; something else of the same name is not taken for it.
    case deleted
    /// It is of another type now.
    case retyped(to: String)
    /// The mirror computes it now; it takes no value, and what it shows is not ours to read.
    case computed(by: String)
    /// A link that leads to another table now.
    case relinked(to: String)
    /// It has another name now. It is followed: it is read and written as before.
    case renamed(from: String, to: String)
  }

  /// Rentbook's name of the table.
  public var table: String
  /// Rentbook's name of the field; empty when it is about the table, `key` about the key column.
  public var field: String
  /// What is different.
  public var kind: Kind
  /// What is different and what follows from it, in a sentence.
  public var sentence: String
  /// What to do about it; empty when there is nothing to do.
  public var hint: String
  /// Whether the field, or the whole table, can be neither read nor written: keep its base, and
  /// write it on no side (S17).
  public var isUnreadable: Bool {
    if case .renamed = kind { false } else { true }
  }

  /// A difference.
  public init(table: String, field: String, kind: Kind, sentence: String, hint: String) {
    (self.table, self.field, self.kind) = (table, field, kind)
    (self.sentence, self.hint) = (sentence, hint)
  }
}

/// What is written back to a row a person made, by the row's id.
public struct RowAnswer: Sendable, Hashable {
  /// The mirror's id of the row.
  public var remoteID: String
  /// The text for *Post Result*; nil leaves it.
  public var postResult: String?
  /// The key for *Rentbook Key*; nil leaves it.
  public var key: RemoteKey?
  /// What *Post to Buildium* becomes; nil leaves it.
  public var wantsPosting: Bool?

  /// An answer.
  public init(
    remoteID: String, postResult: String? = nil, key: RemoteKey? = nil, wantsPosting: Bool? = nil
  ) {
    (self.remoteID, self.postResult) = (remoteID, postResult)
    (self.key, self.wantsPosting) = (key, wantsPosting)
  }
}

/// A mirror whose rows people make and change.
public protocol ObservedProvider: SinkProvider {
  /// One page of all rows of a table, with and without a key. Safe to repeat.
  ///
  /// - Throws: `notSetUp` when the table is missing; see ``drift(_:)``.
  func observe(
    _ table: ObservedTable, cursor: String?, cancellation: Cancellation
  ) throws(ProviderError) -> ObservedPage
  /// The rows with these ids, in no promised order; one that is missing from the answer is not in
  /// the table.
  func observe(
    _ table: ObservedTable, ids: [String], cancellation: Cancellation
  ) throws(ProviderError) -> [ObservedRow]
  /// What happened since `cursor` (``FeedAnswer/next``); nil makes a feed.
  func changes(
    since cursor: String?, cancellation: Cancellation
  ) throws(ProviderError) -> FeedAnswer
  /// Writes answers to rows, as many as are given; one outcome per answer, in order.
  ///
  /// - Throws: only when nothing was sent at all.
  func answer(
    _ table: ObservedTable, _ answers: [RowAnswer], cancellation: Cancellation
  ) throws(ProviderError) -> [WriteOutcome]
  /// How the schema differs from what is meant, tables first; read again when it is older than a few
  /// minutes.
  func drift(_ cancellation: Cancellation) throws(ProviderError) -> [SchemaDrift]
  /// The column each field of a resource stands in, by the mirror's own id of it; a field whose column
  /// is missing is left out. Another id is another column, whatever its name.
  func columns(
    of resource: Resource, cancellation: Cancellation
  ) throws(ProviderError) -> [String: String]
}

extension ObservedProvider {
  /// Nothing is told.
  public func columns(
    of resource: Resource, cancellation: Cancellation
  ) throws(ProviderError) -> [String: String] { [:] }
}
