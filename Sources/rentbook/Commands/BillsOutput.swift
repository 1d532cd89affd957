import Domain
import Storage

/// Bills, results and the trail as the commands print them (design, section 5.1).
enum BillsOutput {
  /// A number of Buildium's, or null.
  static func number(_ value: Int?) -> JSONValue { value.map { .int($0) } ?? .null }

  static func amount(_ money: Money?) -> JSONValue { .optional(money?.description) }

  static func day(_ date: CalendarDate?) -> JSONValue { .optional(date?.description) }

  /// What another program calls a bill: Buildium's id, else the id here.
  static func name(_ record: NamedRecord?) -> JSONValue {
    guard let record else { return .null }
    return record.buildiumID.map { .int($0) } ?? .string(record.localID)
  }

  static func row(_ row: BillRow) -> JSONObject {
    [
      "bill_id": number(row.buildiumID), "local_id": .string(row.localID),
      "property_id": number(row.property?.buildiumID),
      "property": .optional(row.property?.name),
      "vendor_id": number(row.vendor?.buildiumID), "vendor": .optional(row.vendor?.name),
      "date": day(row.date), "due_date": day(row.dueDate),
      "reference_number": .optional(row.reference), "memo": .optional(row.memo),
      "accounts": .string(row.accounts), "total": amount(row.total), "paid": amount(row.paid),
      "credited": amount(row.credited), "remaining": amount(row.remaining),
      "status": .string(row.status.rawValue), "age_bucket": .optional(row.ageBucket?.rawValue),
      "approval": .string(row.approval.rawValue), "approvals": .string(row.approvalSteps),
      "submitted_by": .optional(row.facts.submittedBy), "stamp": .string(row.stamp),
      "reversed_by": name(row.reversedBy), "reverses": name(row.reverses),
      "recurring": .bool(row.isRecurring), "to_be_reconciled": .bool(row.isToBeReconciled),
      "held": row.facts.hold.map { ["by": .string($0.by), "reason": .string($0.reason)] } ?? .null,
      "delegate": .optional(row.facts.delegation?.delegate),
    ]
  }

  static func detail(_ detail: BillDetail) -> JSONObject {
    var object = row(detail.row)
    object["lines"] = .array(
      detail.lines.map { line in
        [
          "gl_account_id": number(line.account?.buildiumID),
          "account": .optional(line.account?.name),
          "property_id": number(line.property?.buildiumID),
          "unit_id": number(line.unit?.buildiumID), "amount": amount(line.amount),
          "settled": amount(line.settled), "memo": .optional(line.memo),
        ]
      })
    object["applications"] = .array(detail.applications.map(application))
    object["events"] = .array(detail.history.map { .object(event($0)) })
    object["duplicates"] = .array(
      detail.duplicates.map {
        ["bill_id": number($0.buildiumID), "local_id": .string($0.localID)]
      })
    object["reconciling"] = .array(detail.reconciling.map { .object(item($0)) })
    object["schedule"] = detail.schedule.flatMap { try? JSONValue(parsing: $0) } ?? .null
    return object
  }

  private static func application(_ row: BillApplicationRow) -> JSONValue {
    [
      "source_id": number(row.source.buildiumID), "source_local_id": .string(row.source.localID),
      "source": .string(row.source.name), "type": .string(row.kind.rawValue),
      "amount": amount(row.amount), "date": day(row.date), "by": .string(row.by),
      "reconciled": .bool(row.isReconciled),
    ]
  }

  static func item(_ item: ReconcilingItem) -> JSONObject {
    [
      "id": .string(item.id), "kind": .string(item.kind), "subject": .string(item.subject),
      "message": .string(item.message), "amount": amount(item.amount),
      "state": .string(item.state), "created_by": .string(item.createdBy),
      "created_at": .optional(item.createdAt?.description),
    ]
  }

  static func event(_ event: AuditEvent) -> JSONObject {
    let details = event.details.flatMap { try? JSONValue(parsing: $0) } ?? .null
    return [
      "number": .int(event.number), "at": .optional(event.at?.description),
      "actor": .string(event.actor), "action": .string(event.action), "kind": .string(event.kind),
      "subject": .string(event.subject), "name": .string(event.name),
      "from": .optional(event.from), "to": .optional(event.to),
      "reason": .optional(event.reason),
      "refused": .optional(details["refused"]?.string), "details": details,
      "hash": .string(event.hash),
    ]
  }

  static func result(_ result: BillResult) -> JSONObject {
    var object: JSONObject = [
      "bill_id": number(result.buildiumID), "local_id": .string(result.localID),
      "action": .string(result.action.rawValue),
    ]
    switch result.outcome {
    case .done: object["outcome"] = "done"
    case .needsSecondApprover(let limit):
      object["outcome"] = "needs_second_approver"
      object["above"] = .string(limit.description)
    case .refused(let refusal):
      object["outcome"] = "refused"
      object["rule"] = .string(refusal.code)
      object["message"] = .string(refusal.message)
      object["hint"] = .string(refusal.hint)
    }
    object["state"] = .optional(result.state?.rawValue)
    object["stamp"] = .optional(result.stamp)
    if let reversal = result.reversal { object["reversed_by"] = name(reversal) }
    return object
  }

  /// A refusal as the failure of a command: exit 1, code `refused`.
  static func failure(_ refusal: Refusal, _ name: String) -> Failure {
    Failure(
      "refused", name.isEmpty ? refusal.message : "\(name): \(refusal.message)",
      hint: refusal.hint)
  }

  static func steps(_ events: [AuditEvent]) {
    Output.table(
      ["No", "When", "Who", "What", "Record", "From", "To", "Reason"],
      events.map { event in
        let details = event.details.flatMap { try? JSONValue(parsing: $0) }
        let refused = details?["refused"]?.string
        return [
          String(event.number), event.at?.secondsText ?? "", event.actor,
          event.action + (refused == nil ? "" : " (refused)"),
          event.name.isEmpty ? event.subject : event.name, event.from ?? "", event.to ?? "",
          event.reason ?? details?["message"]?.string ?? "",
        ]
      }, rightAligned: [0])
  }
}

/// What the commands on bills have in common: who acts, and what their words mean.
struct BillsCaller {
  static let userOption = OptionSpec("--user", "NAME", "Who acts; else RENTBOOK_USER.")

  let invocation: Invocation
  let workspace: Workspace
  let user: String

  init(_ invocation: Invocation) throws(Failure) {
    self.invocation = invocation
    workspace = try Workspace(invocation)
    user = invocation.text("--user") ?? workspace.configuration.user
  }

  /// Runs a command on the store and closes it afterwards.
  static func run(
    _ invocation: Invocation, _ body: (BillsCaller) throws(Failure) -> ExitCode
  ) throws(Failure) -> ExitCode {
    let caller = try BillsCaller(invocation)
    defer { caller.workspace.close() }
    return try body(caller)
  }

  /// A sentence for whoever acts while nobody is set up; nil once there are users.
  func note() throws(Failure) -> String? {
    let actor = try workspace.onStore { store throws(StorageError) in try store.actor(user) }
    guard actor.isUnregistered else { return nil }
    return "No users are set up: \(user) acts as an administrator, who may do everything but "
      + "approve their own bills. `rentbook users add NAME --role ROLE` sets up who may do what."
  }

  func bill(_ text: String) throws(Failure) -> String {
    let id = try workspace.onStore { store throws(StorageError) in try store.billID(text) }
    guard let id else {
      throw .usage("There is no bill “\(text)”.", hint: "`rentbook bills list` shows them.")
    }
    return id
  }

  func record(_ resource: Resource, _ text: String, _ what: String) throws(Failure) -> String {
    let id = try workspace.onStore { store throws(StorageError) in
      try store.localID(of: resource, named: text)
    }
    guard let id else { throw .usage("There is no \(what) “\(text)”.") }
    return id
  }

  func day(_ option: String) throws(Failure) -> CalendarDate? {
    guard let text = invocation.text(option) else { return nil }
    guard let day = CalendarDate(text) else {
      throw .usage("\(option) takes a day like 2026-09-30, not “\(text)”.")
    }
    return day
  }

  func amount(_ option: String) throws(Failure) -> Money? {
    guard let text = invocation.text(option) else { return nil }
    return try Self.money(text, option)
  }

  static func money(_ text: String, _ what: String) throws(Failure) -> Money {
    guard let money = Money(text) else {
      throw .usage("\(what) takes an amount like 1250.50, not “\(text)”.")
    }
    return money
  }

  func asOf() throws(Failure) -> CalendarDate {
    try day("--as-of") ?? workspace.store.today
  }

  /// Prints one document, or sentences; the note on who acts goes with either.
  func finish(
    _ members: JSONObject, exit: ExitCode = .done, _ print: () -> Void
  ) throws(Failure) -> ExitCode {
    let note = try note()
    if invocation.isJSON {
      var members = members
      if let note { members["note"] = .string(note) }
      Output.document(invocation.command, members)
    } else {
      print()
      if let note, !invocation.isQuiet { Output.note(note) }
    }
    return exit
  }
}
