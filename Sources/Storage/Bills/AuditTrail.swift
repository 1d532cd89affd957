import Domain
import Vault

/// The trail of what people did, or tried to do, with bills, deposits and users.
///
/// Every step carries the fingerprint of the step before it, so a step that was changed, taken out or
/// put in breaks the chain; and the last one is sealed with the key that is kept apart from the
/// store, so that the chain cannot be made anew without it.
struct AuditTrail {
  let connection: Connection
  let sealing: any RecordSealing
  let now: Instant

  private static let headName = "bills"
  private static let headPurpose = "audit.bills"

  init(_ transaction: Transaction) {
    (connection, sealing, now) = (transaction.connection, transaction.sealing, transaction.now)
  }

  /// A step to be added.
  struct Entry {
    /// What kind of record it is about: `bill`, `deposit`, `user`.
    var kind = "bill"
    var subject: LocalID
    var name: String
    var actor: String
    var action: String
    var from: String?
    var to: String?
    var reason: String?
    var details: JSONValue?
    /// The version of the workflow's row this step makes.
    var version: Int?
  }

  /// Adds a step to the chain.
  func append(_ entry: Entry) throws(StorageError) {
    let last = try connection.row(
      "SELECT seq, hash FROM bill_approval_audit ORDER BY seq DESC LIMIT 1"
    ) { row throws(StorageError) in (row.int64(0), row.text(1)) }
    let step = Step(
      number: (last?.0 ?? 0) + 1, previous: last?.1 ?? "", at: now.description, entry: entry)
    let hash = step.hash
    try connection.run(
      """
      INSERT INTO bill_approval_audit (seq, bill_id, at, actor, action, from_state, to_state,
        reason, details, prev_hash, hash, kind, name, version)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
      """, .integer(step.number), .local(entry.subject), .text(step.at), .text(entry.actor),
      .text(entry.action), .optional(entry.from), .optional(entry.to), .optional(entry.reason),
      .optional(entry.details?.text), .text(step.previous), .text(hash), .text(entry.kind),
      .text(entry.name), entry.version.map { .int($0) })
    let head = sealing.seal("\(step.number) \(hash)", purpose: Self.headPurpose)
    try connection.run(
      """
      INSERT INTO audit_heads (name, sealed) VALUES ($1, $2)
      ON CONFLICT (name) DO UPDATE SET sealed = excluded.sealed
      """, .text(Self.headName), .blob(head))
  }

  /// What of a step its fingerprint covers: all of it.
  struct Step {
    var number: Int64
    var previous: String
    var at: String
    var entry: Entry
    /// The details as they stand in the row.
    var detailsText: String?

    init(number: Int64, previous: String, at: String, entry: Entry) {
      (self.number, self.previous, self.at, self.entry) = (number, previous, at, entry)
      detailsText = entry.details?.text
    }

    var hash: String {
      let content: JSONValue = .array([
        .string(previous), .int(number), .string(entry.kind), .string(entry.subject),
        .string(entry.name), .string(at), .string(entry.actor), .string(entry.action),
        .optional(entry.from), .optional(entry.to), .optional(entry.reason),
        .optional(detailsText), entry.version.map { .int($0) } ?? .null,
      ])
      return ContentHash.sha256Hex(content.text)
    }
  }

  // MARK: Verifying

  /// Steps read at once.
  private static let pageSize = 2000

  /// Reads the whole chain; what does not fit, at most `limit` findings.
  static func verify(
    _ connection: Connection, _ sealing: any RecordSealing, limit: Int
  ) throws(StorageError) -> AuditVerification {
    var findings: [String] = []
    var last: (number: Int64, hash: String) = (0, "")
    var isReading = true
    while isReading {
      let page = try connection.rows(
        """
        SELECT seq, bill_id, at, actor, action, from_state, to_state, reason, details, prev_hash,
          hash, kind, name, version
        FROM bill_approval_audit WHERE seq > $1 ORDER BY seq LIMIT $2
        """, .integer(last.number), .int(pageSize)
      ) { row throws(StorageError) in Self.step(row) }
      isReading = page.count == pageSize
      for (step, hash) in page {
        if step.number != last.number + 1 {
          let count = step.number - last.number - 1
          findings.append("\(count) step(s) before step \(step.number) are missing.")
        } else if step.previous != last.hash {
          findings.append("Step \(step.number) does not follow the one before it.")
        }
        if step.hash != hash { findings.append("Step \(step.number) was changed.") }
        last = (step.number, hash)
      }
      if findings.count >= limit { break }
    }
    if !isReading {
      let sealed = try connection.row(
        "SELECT sealed FROM audit_heads WHERE name = $1", .text(headName)
      ) { row throws(StorageError) in row.blob(0) }
      switch sealed.map({ sealing.open($0, purpose: headPurpose) }) {
      case nil where last.number == 0: break
      case nil, .some(nil): findings.append("The seal of the last step is missing or broken.")
      case .some(.some(let head)) where head != "\(last.number) \(last.hash)":
        findings.append("The trail does not end with the step that was sealed last.")
      default: break
      }
    }
    return AuditVerification(
      steps: Int(last.number), head: last.hash, findings: Array(findings.prefix(limit)))
  }

  private static func step(_ row: Row) -> (Step, String) {
    var step = Step(
      number: row.int64(0), previous: row.text(9), at: row.text(2),
      entry: Entry(
        kind: row.text(11), subject: row.localID(1), name: row.text(12), actor: row.text(3),
        action: row.text(4), from: row.optionalText(5), to: row.optionalText(6),
        reason: row.optionalText(7), details: nil, version: row.optionalInt(13)))
    step.detailsText = row.optionalText(8)
    return (step, row.text(10))
  }

  static func event(_ row: Row) -> AuditEvent {
    AuditEvent(
      number: row.int64(0), subject: row.text(1), kind: row.text(11), name: row.text(12),
      at: row.instant(2), actor: row.text(3), action: row.text(4), from: row.optionalText(5),
      to: row.optionalText(6), reason: row.optionalText(7), details: row.optionalText(8),
      hash: row.text(10))
  }
}

/// What reading the whole trail found.
public struct AuditVerification: Sendable, Hashable {
  /// The number of the last step.
  public var steps: Int
  /// The fingerprint of the last step; empty when there is none.
  public var head: String
  /// What does not fit, in sentences; empty when the trail is whole.
  public var findings: [String]
}

extension Store {
  /// Findings given at most; a trail with more was not tampered with but lost.
  static let auditFindingsMax = 50

  /// The newest steps of the trail, oldest of them first.
  ///
  /// - Parameters:
  ///   - subject: the record they are about; nil for all.
  ///   - limit: so many at most.
  public func auditEvents(subject: LocalID? = nil, limit: Int) throws(StorageError) -> [AuditEvent]
  {
    try read { connection throws(StorageError) in
      try Self.auditEvents(connection, subject: subject, limit: limit)
    }
  }

  static func auditEvents(_ connection: Connection, subject: LocalID?, limit: Int)
    throws(StorageError) -> [AuditEvent]
  {
    let columns = """
      seq, bill_id, at, actor, action, from_state, to_state, reason, details, prev_hash, hash,
      kind, name
      """
    let rows: [AuditEvent]
    if let subject {
      rows = try connection.rows(
        """
        SELECT \(columns) FROM bill_approval_audit WHERE bill_id = $1 ORDER BY seq DESC LIMIT $2
        """, .local(subject), .int(limit)
      ) { row throws(StorageError) in AuditTrail.event(row) }
    } else {
      rows = try connection.rows(
        "SELECT \(columns) FROM bill_approval_audit ORDER BY seq DESC LIMIT $1", .int(limit)
      ) { row throws(StorageError) in AuditTrail.event(row) }
    }
    return rows.reversed()
  }

  /// Reads the whole trail and says what was changed, taken out or put in.
  public func verifyAudit() throws(StorageError) -> AuditVerification {
    try read { connection throws(StorageError) in
      try AuditTrail.verify(connection, sealing, limit: Self.auditFindingsMax)
    }
  }
}
