// Writing to a service that holds the records themselves: one record per call, read before it is
// replaced, and found again when an answer is lost. A sink (`SinkProvider`) is a mirror; this is not.
import Background
import Domain

/// What can be created at a service that holds the records.
///
/// The values stand in a ``Record`` under the names of ``RecordSchema``, amounts above zero. Names in
/// *italics* are no columns of the store and exist only here.
public enum PostingKind: String, Sendable, Hashable, CaseIterable, CustomStringConvertible {
  /// What a tenant owes: `lease_id date memo`, lines of `gl_account_id amount reference_number`.
  case charge
  /// What a tenant paid: `lease_id date payment_method memo reference_number`, *tenant_id*, lines of
  /// `gl_account_id amount`. No receipt is mailed.
  case payment
  /// What a tenant need not pay: `lease_id date memo`, *credit_type* (`WaiveUnpaid` when it is not
  /// given), *offsetting_gl_account_id*, lines of `gl_account_id amount`.
  case credit
  /// What a tenant gets back by check: `lease_id date memo check_number`, *bank_account_id*,
  /// *tenant_ids*, the address of the check (`address_line1 city postal_code country` and so on),
  /// lines of `gl_account_id amount`.
  case refund
  /// `date memo property_id unit_id`, lines of `gl_account_id amount posting_type memo` whose debits
  /// equal their credits.
  case journalEntry = "journal_entry"
  /// A check to a vendor or an owner: `date memo check_number payee_type payee_id`,
  /// *bank_account_id*, lines of `gl_account_id amount property_id memo`.
  case check
  /// `vendor_id date due_date reference_number description work_order_id`, lines of
  /// `gl_account_id amount property_id unit_id memo`.
  case bill
  /// One payment of one or several bills: *bill_ids* `bank_account_id date reference_number memo
  /// vendor_credit_ids`; without lines every bill is paid in full, else lines of *bill_id*
  /// `buildium_line_id amount`.
  case billPayment = "bill_payment"
  /// `vendor_id date reference_number memo`, lines of `gl_account_id amount property_id memo`.
  case vendorCredit = "vendor_credit"
  /// Payments received taken to the bank: `bank_account_id date memo payment_transaction_ids`, and
  /// further lines of `gl_account_id amount property_id memo`.
  case deposit

  /// The form shown in logs and messages.
  public var description: String { rawValue }

  /// The name people know it by.
  public var title: String {
    rawValue.prefix(1).uppercased() + rawValue.dropFirst().replacing("_", with: " ")
  }

  /// What a record asks to be created; nil for a resource or a type of transaction that cannot be.
  public init?(_ record: Record) {
    switch record.resource {
    case .bills: self = .bill
    case .billPayments: self = .billPayment
    case .vendorCredits: self = .vendorCredit
    case .deposits: self = .deposit
    case .transactions:
      switch record["transaction_type"].text {
      case "Charge": self = .charge
      case "Payment": self = .payment
      case "Credit": self = .credit
      case "Refund": self = .refund
      case "GeneralJournalEntry": self = .journalEntry
      case "Check": self = .check
      default: return nil
      }
    default: return nil
    }
  }
}

/// A record to be created.
public struct NewRecord: Sendable, Hashable {
  /// The intent this carries out; its row was durable before the first byte leaves (S3).
  public var intentID: String
  /// The mark the record is found by when the answer is lost; stored with the intent.
  public var marker: IntentMarker
  /// The values (``PostingKind``); links are keys of the service written to.
  public var record: Record

  /// A record to be created.
  public init(intentID: String, marker: IntentMarker, record: Record) {
    (self.intentID, self.marker, self.record) = (intentID, marker, record)
  }
}

/// A change of a record that exists.
public struct RecordChange: Sendable, Hashable {
  /// The intent this carries out; its row was durable before the first byte leaves (S3).
  public var intentID: String
  /// The record, by the service's own id.
  public var key: RemoteKey
  /// The fields to write, and no others. Lines, when there are any, replace all lines.
  public var record: Record
  /// What the plan took the service to hold in these fields. A field the fresh copy has otherwise,
  /// unless it holds the wanted value already, ends in ``RecordOutcome/stale(fresh:fields:)``.
  public var expected: Record
  /// Whether members the service shows only in part, and which a replacement would clear, may be
  /// cleared (a second number of one type, a covered tax id). Only a person says so.
  public var mayClear: Bool

  /// A change.
  public init(
    intentID: String, key: RemoteKey, record: Record, expected: Record, mayClear: Bool = false
  ) {
    (self.intentID, self.key, self.record) = (intentID, key, record)
    (self.expected, self.mayClear) = (expected, mayClear)
  }
}

/// A record as it is after it was written.
public struct WrittenRecord: Sendable, Hashable {
  /// The service's id. A payment of several bills has the key of the payment itself here.
  public var key: RemoteKey
  /// The records as the service answered them, for showing. The base moves to what was *sent*.
  /// Several for one payment of several bills; none when the service answers without a body.
  public var records: [RemoteRecord]
  /// False when the service held every wanted value already, so that nothing was sent.
  public var wasSent: Bool
  /// Fields of the request the service does not take; nothing was changed in them.
  public var notWritten: [String]
  /// Members that no request can show and that this replacement cleared if they were set (an
  /// owner's birth date), in the service's words.
  public var cleared: [String]

  /// A record that was written.
  public init(
    key: RemoteKey, records: [RemoteRecord], wasSent: Bool = true, notWritten: [String] = [],
    cleared: [String] = []
  ) {
    (self.key, self.records, self.wasSent) = (key, records, wasSent)
    (self.notWritten, self.cleared) = (notWritten, cleared)
  }
}

/// How a write of one record ended. ``done(_:)`` is the class YES, ``doubt(_:)`` is DOUBT, all others
/// are NO: nothing was changed.
public enum RecordOutcome: Sendable, Hashable {
  /// It is there.
  case done(WrittenRecord)
  /// The service holds something else than expected in these fields. Nothing was sent; merge again
  /// with the fresh copy.
  case stale(fresh: RemoteRecord, fields: [String])
  /// The record to be changed is not there any more (404). Nothing was sent.
  case gone(ProviderError)
  /// Not as it is: the service's own sentence, or what was found before sending. Sending the same
  /// again would be refused again.
  case refused(ProviderError)
  /// It may have landed or not: probe (``RecordWriter/probe(_:ignoring:cancellation:)``), or read
  /// the record again, before sending.
  case doubt(ProviderError)
  /// It certainly did not land and may be sent again later: no connection, 401, 403, 429, or the
  /// copy could not be read. `error.kind` tells which.
  case notSent(ProviderError)
}

/// Something a person must correct before a record can be created.
public struct PostingProblem: Sendable, Hashable, CustomStringConvertible {
  /// The field of the record it is about; empty when it is about the whole.
  public var field: String
  /// The line it is about, from 1; nil when it is about the whole record.
  public var line: Int?
  /// What is wrong, in a sentence for a bookkeeper.
  public var sentence: String

  /// A problem.
  public init(_ field: String, line: Int? = nil, _ sentence: String) {
    (self.field, self.line, self.sentence) = (field, line, sentence)
  }

  /// The sentence.
  public var description: String { sentence }
}

/// What checking a record needs to know beside the record: the store's copy of the service.
public protocol PostingFacts: Sendable {
  /// A known record, or nil.
  func record(_ key: RemoteKey) throws(ProviderError) -> Record?
  /// The records of a resource that go by a name or number as a person types it, without regard to
  /// case: GL accounts by number or name, vendors by name. More than one is a question.
  func keys(of resource: Resource, named text: String) throws(ProviderError) -> [RemoteKey]
  /// The day by the books: dates far from it are questioned.
  var today: CalendarDate { get }
  /// The day up to which the books of a property, or of all without one, are closed; nil when
  /// nothing is known to be closed.
  func lockDate(of property: RemoteKey?) throws(ProviderError) -> CalendarDate?
}

/// The days up to which a service's books are closed: nothing dated then or before is taken.
public struct ClosedBooks: Sendable, Hashable {
  /// For every property without a day of its own; nil when the books are open.
  public var through: CalendarDate?
  /// For single properties.
  public var byProperty: [RemoteKey: CalendarDate]

  /// Closed books.
  public init(through: CalendarDate? = nil, byProperty: [RemoteKey: CalendarDate] = [:]) {
    (self.through, self.byProperty) = (through, byProperty)
  }

  /// The day that counts for a property; without one the day of all.
  public func date(of property: RemoteKey?) -> CalendarDate? {
    property.flatMap { byProperty[$0] } ?? through
  }
}

/// A service whose records can be changed and created, one at a time. Calls block the calling thread.
public protocol RecordWriter: Provider {
  /// The fields of a resource that an existing record can be given; none when it cannot be changed.
  func changeableFields(of resource: Resource) -> [FieldDefinition]
  /// What can be created.
  var creatable: Set<PostingKind> { get }
  /// Everything that stands against creating a record, before anything is sent; empty when the
  /// service should take it. Reads only `facts`, and gives the same answer for the same ones.
  func problems(
    with record: Record, facts: any PostingFacts
  ) throws(ProviderError) -> [PostingProblem]
  /// Creates a record, sending one request once. The mark is part of what is sent wherever the
  /// service has a text for it.
  func create(_ new: NewRecord, cancellation: Cancellation) -> RecordOutcome
  /// Looks for a record whose creation got no clear answer: by its mark, or by its natural key where
  /// the service has no text for a mark (a payment of several bills). One look; whoever asks waits
  /// and looks twice before taking nil for "not there".
  ///
  /// - Parameter ignoring: ids of records known before the sending, which cannot be it.
  func probe(
    _ new: NewRecord, ignoring: Set<String>, cancellation: Cancellation
  ) throws(ProviderError) -> WrittenRecord?
  /// Changes a record: reads it, compares, and sends one request once. A change whose answer was
  /// lost is settled by calling this again: what has landed is found to be there.
  func change(_ change: RecordChange, cancellation: Cancellation) -> RecordOutcome
  /// The days up to which the books are closed; nil when the service does not tell whoever asks.
  func closedBooks(_ cancellation: Cancellation) throws(ProviderError) -> ClosedBooks?
  /// A record that is there already under the natural key of a new one: a bill of the same vendor
  /// with the same reference. Asked last before creating; nil where a kind has no such key. A person
  /// decides whether it is the same.
  func twin(of record: Record, cancellation: Cancellation) throws(ProviderError) -> WrittenRecord?
}

extension RecordWriter {
  /// Nothing is told.
  public func closedBooks(_ cancellation: Cancellation) throws(ProviderError) -> ClosedBooks? {
    nil
  }
  /// No kind has a natural key.
  public func twin(
    of record: Record, cancellation: Cancellation
  ) throws(ProviderError) -> WrittenRecord? { nil }
}
