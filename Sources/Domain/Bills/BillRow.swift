// Bills as they are shown: a row of the list, and everything about one.

/// A record another one names, as people and other programs call it.
public struct NamedRecord: Sendable, Hashable {
  /// Its id in the store.
  public var localID: String
  /// Buildium's id; nil when Buildium does not know it.
  public var buildiumID: Int?
  /// What people call it.
  public var name: String

  /// A record by its ids and its name.
  public init(localID: String, buildiumID: Int?, name: String) {
    (self.localID, self.buildiumID, self.name) = (localID, buildiumID, name)
  }
}

/// A bill in a list, as of a day.
public struct BillRow: Sendable, Hashable {
  /// Its id in the store.
  public var localID: String
  /// Buildium's id; nil while Buildium does not know it.
  public var buildiumID: Int?
  /// The property of all its lines; nil when there are several.
  public var property: NamedRecord?
  /// Who sent it.
  public var vendor: NamedRecord?
  /// The day it is dated.
  public var date: CalendarDate?
  /// The day it is due.
  public var dueDate: CalendarDate?
  /// The vendor's number of it.
  public var reference: String?
  /// What it is for.
  public var memo: String?
  /// The account of its first line, and how many more there are: `6110 Plumbing +2`.
  public var accounts: String
  /// What is owed; negative for a reversal.
  public var total: Money
  /// What was paid.
  public var paid: Money
  /// What credits and refunds settle.
  public var credited: Money
  /// What is still to be paid.
  public var remaining: Money
  /// How far it is paid.
  public var status: PayableStatus
  /// How long it has been due; nil when nothing is to be paid.
  public var ageBucket: AgeBucket?
  /// Where it stands in its approval.
  public var approval: BillState
  /// Changes with every change of the bill; goes with a request, so that nothing is decided on an
  /// older look.
  public var stamp: String
  /// What the rules need to know of it.
  public var facts: BillFacts
  /// What its properties ask for.
  public var policy: BillPolicy
  /// The bill that takes it back.
  public var reversedBy: NamedRecord?
  /// The bill it takes back.
  public var reverses: NamedRecord?
  /// When it was submitted.
  public var submittedAt: Instant?
  /// Whether it is made again by a schedule.
  public var isRecurring: Bool
  /// Whether Buildium has still to be told something about it.
  public var isToBeReconciled: Bool
  /// Whether somebody wrote a comment into its trail.
  public var hasNotes = false

  /// A row with all that is known of a bill.
  public init(
    localID: String, buildiumID: Int?, property: NamedRecord?, vendor: NamedRecord?,
    date: CalendarDate?, dueDate: CalendarDate?, reference: String?, memo: String?,
    accounts: String, payable: PayableFacts, asOf: CalendarDate, facts: BillFacts,
    policy: BillPolicy, reversedBy: NamedRecord?, reverses: NamedRecord?, submittedAt: Instant?,
    isRecurring: Bool, isToBeReconciled: Bool
  ) {
    (self.localID, self.buildiumID, self.property, self.vendor) =
      (localID, buildiumID, property, vendor)
    (self.date, self.dueDate, self.reference, self.memo) = (date, dueDate, reference, memo)
    (self.accounts, total, paid, credited) =
      (accounts, payable.total, payable.paid, payable.credited)
    remaining = payable.remaining(asOf: asOf)
    status = payable.status(asOf: asOf)
    ageBucket = payable.ageBucket(asOf: asOf)
    (approval, stamp, self.facts, self.policy) = (facts.state, facts.stamp, facts, policy)
    (self.reversedBy, self.reverses) = (reversedBy, reverses)
    (self.submittedAt, self.isRecurring) = (submittedAt, isRecurring)
    self.isToBeReconciled = isToBeReconciled
  }

  /// What people call the bill: its number at Buildium, else the vendor's, else its id here.
  public var name: String {
    buildiumID.map(String.init) ?? reference.flatMap { $0.isEmpty ? nil : $0 } ?? localID
  }

  /// Keeps rows in one order, whatever the query's was.
  var order: String { localID }

  /// Approvals so far and needed: `1/2`.
  public var approvalSteps: String {
    let isLarge = policy.secondApproverAbove.map { total > $0 } ?? false
    let needed = isLarge || !facts.approvals.isEmpty ? 2 : 1
    return approval == .approved ? "\(needed)/\(needed)" : "\(facts.approvals.count)/\(needed)"
  }

  /// Why a person may not do something with the bill now; nil when they may.
  public func refusal(of action: BillAction, by actor: Actor) -> BillRefusal? {
    // Reasons are asked for later; what is applied can be taken off when it is agreed to.
    let request = BillRequest(
      action, reason: "asked for later", unapplies: true, delegate: "asked for later")
    if case .refused(let refusal) = BillRules.decide(request, on: facts, by: actor, under: policy) {
      return refusal
    }
    return nil
  }

  /// Whether the bill waits for this person's approval: they may give it, it was not put aside, and
  /// nobody else was asked instead.
  public func waits(for actor: Actor) -> Bool {
    approval == .pendingApproval && facts.delegation.map { $0.delegate == actor.name } ?? true
      && refusal(of: .approve, by: actor) == nil
  }
}

/// A line of a bill.
public struct BillLineRow: Sendable, Hashable {
  /// The account it is booked on.
  public var account: NamedRecord?
  /// The property it is for; nil for the company.
  public var property: NamedRecord?
  /// The unit it is for.
  public var unit: NamedRecord?
  /// What it amounts to, without markup.
  public var amount: Money
  /// What it is for.
  public var memo: String?
  /// What of it is settled, dealt out over the lines by largest remainder.
  public var settled: Money

  /// A line.
  public init(
    account: NamedRecord?, property: NamedRecord?, unit: NamedRecord?, amount: Money, memo: String?,
    settled: Money
  ) {
    (self.account, self.property, self.unit) = (account, property, unit)
    (self.amount, self.memo, self.settled) = (amount, memo, settled)
  }
}

/// Something applied to a bill.
public struct BillApplicationRow: Sendable, Hashable {
  /// The payment, credit or refund.
  public var source: NamedRecord
  /// Which of them it is.
  public var kind: ApplicationSource
  /// How much of it.
  public var amount: Money
  /// The day it was applied.
  public var date: CalendarDate?
  /// Who applied it.
  public var by: String
  /// Whether the source is reconciled with the bank, and the application stays.
  public var isReconciled: Bool

  /// An application.
  public init(
    source: NamedRecord, kind: ApplicationSource, amount: Money, date: CalendarDate?, by: String,
    isReconciled: Bool
  ) {
    (self.source, self.kind, self.amount) = (source, kind, amount)
    (self.date, self.by, self.isReconciled) = (date, by, isReconciled)
  }
}

/// A step in the trail of what people did, or tried to do.
public struct AuditEvent: Sendable, Hashable {
  /// Its place in the trail, counted up without gaps.
  public var number: Int64
  /// The record it is about, in the store; empty for none.
  public var subject: String
  /// What kind of record that is: `bill`, `deposit`, `user`.
  public var kind: String
  /// What people call the record.
  public var name: String
  /// When it was.
  public var at: Instant?
  /// Who it was.
  public var actor: String
  /// What was done or tried.
  public var action: String
  /// The state before.
  public var from: String?
  /// The state after; nil when the attempt was refused or moved nothing.
  public var to: String?
  /// Why.
  public var reason: String?
  /// More of it, as a JSON object; an attempt that was refused has `refused` there.
  public var details: String?
  /// The fingerprint of this step and of all before it.
  public var hash: String

  /// A step.
  public init(
    number: Int64, subject: String, kind: String, name: String, at: Instant?, actor: String,
    action: String, from: String?, to: String?, reason: String?, details: String?, hash: String
  ) {
    (self.number, self.subject, self.kind, self.name) = (number, subject, kind, name)
    (self.at, self.actor, self.action, self.from, self.to) = (at, actor, action, from, to)
    (self.reason, self.details, self.hash) = (reason, details, hash)
  }
}

/// Something Buildium has to be told and cannot be told by itself.
public struct ReconcilingItem: Sendable, Hashable {
  /// Its id.
  public var id: String
  /// What kind of thing: `void`, `unapply`, `deposit_void`.
  public var kind: String
  /// The record it is about, in the store.
  public var subject: String
  /// What differs, and what a person or the next sync can do, in a sentence.
  public var message: String
  /// How far apart the books are.
  public var amount: Money
  /// `pending`, `told` or `dismissed`.
  public var state: String
  /// Who caused it.
  public var createdBy: String
  /// When.
  public var createdAt: Instant?

  /// An item.
  public init(
    id: String, kind: String, subject: String, message: String, amount: Money, state: String,
    createdBy: String, createdAt: Instant?
  ) {
    (self.id, self.kind, self.subject, self.message) = (id, kind, subject, message)
    (self.amount, self.state) = (amount, state)
    (self.createdBy, self.createdAt) = (createdBy, createdAt)
  }
}

/// Everything about one bill.
public struct BillDetail: Sendable, Hashable {
  /// The bill as it stands in lists.
  public var row: BillRow
  /// Its lines.
  public var lines: [BillLineRow]
  /// What settles it.
  public var applications: [BillApplicationRow]
  /// What became of it, oldest first.
  public var history: [AuditEvent]
  /// Buildium's own text of it; nil for a bill of Rentbook's own.
  public var source: String?
  /// Bills that may be the same one.
  public var duplicates: [BillRow]
  /// What Buildium has to be told about it.
  public var reconciling: [ReconcilingItem]
  /// The schedule it is made again by, as JSON.
  public var schedule: String?

  /// A bill with everything about it.
  public init(
    row: BillRow, lines: [BillLineRow], applications: [BillApplicationRow], history: [AuditEvent],
    source: String?, duplicates: [BillRow], reconciling: [ReconcilingItem], schedule: String?
  ) {
    (self.row, self.lines, self.applications, self.history) = (row, lines, applications, history)
    (self.source, self.duplicates) = (source, duplicates)
    (self.reconciling, self.schedule) = (reconciling, schedule)
  }
}

/// What came of an operation on one bill.
public struct BillResult: Sendable, Hashable {
  /// How it went.
  public enum Outcome: Sendable, Hashable {
    /// What was asked for happened.
    case done
    /// One approval was kept; another person has to approve too.
    case needsSecondApprover(above: Money)
    case refused(Refusal)
  }

  /// The bill's id in the store; empty when it is not known.
  public var localID: String
  /// Buildium's id.
  public var buildiumID: Int?
  /// What was asked for.
  public var action: BillAction
  /// How it went.
  public var outcome: Outcome
  /// Where the bill stands now; nil when it is gone or not known.
  public var state: BillState?
  /// The bill's stamp now.
  public var stamp: String?
  /// The bill that takes it back, after a void.
  public var reversal: NamedRecord?
  /// What takes this back; nil when nothing does.
  public var undo: BillUndo?

  /// A result.
  public init(
    localID: String, buildiumID: Int?, action: BillAction, outcome: Outcome,
    state: BillState? = nil, stamp: String? = nil, reversal: NamedRecord? = nil,
    undo: BillUndo? = nil
  ) {
    (self.localID, self.buildiumID, self.action) = (localID, buildiumID, action)
    (self.outcome, self.state, self.stamp) = (outcome, state, stamp)
    (self.reversal, self.undo) = (reversal, undo)
  }

  /// Whether a rule said no.
  public var refusal: Refusal? {
    if case .refused(let refusal) = outcome { refusal } else { nil }
  }

  /// What came of it in a sentence.
  public var sentence: String {
    switch outcome {
    case .done: "It was \(action.pastTense)."
    case .needsSecondApprover(let limit):
      "Your approval is kept; above \(limit) somebody else has to approve it too."
    case .refused(let refusal): refusal.message
    }
  }
}

/// What takes an operation back. Each is an operation of its own, with its own line in the audit.
public enum BillUndo: Sendable, Hashable {
  /// Do this with the bill, if it is still as it was left.
  case perform(BillAction, bill: String, stamp: String)
  /// Put the former content back.
  case edit(BillDraft, bill: String, stamp: String)
  case unapply(source: String, bill: String)
  case apply(source: String, bill: String, amount: Money, date: CalendarDate)
}

/// The content of a bill as a person enters it. Ids are those of the store.
public struct BillDraft: Sendable, Hashable {
  /// A line.
  public struct Line: Sendable, Hashable {
    /// The property; nil for the company.
    public var property: String?
    /// The unit.
    public var unit: String?
    /// The account.
    public var account: String
    /// What it amounts to.
    public var amount: Money
    /// What it is for.
    public var memo: String?

    /// A line.
    public init(
      property: String?, unit: String? = nil, account: String, amount: Money, memo: String? = nil
    ) {
      (self.property, self.unit, self.account) = (property, unit, account)
      (self.amount, self.memo) = (amount, memo)
    }
  }

  /// Who sent it.
  public var vendor: String?
  /// The day it is dated.
  public var date: CalendarDate
  /// The day it is due.
  public var dueDate: CalendarDate?
  /// The vendor's number of it.
  public var reference: String?
  /// What it is for.
  public var memo: String?
  /// Its lines; the total is their sum.
  public var lines: [Line]
  /// The schedule it is made again by; nil for none.
  public var schedule: RecurringSchedule?

  /// A bill's content.
  public init(
    vendor: String?, date: CalendarDate, dueDate: CalendarDate?, reference: String? = nil,
    memo: String? = nil, lines: [Line], schedule: RecurringSchedule? = nil
  ) {
    (self.vendor, self.date, self.dueDate) = (vendor, date, dueDate)
    (self.reference, self.memo, self.lines, self.schedule) = (reference, memo, lines, schedule)
  }

  /// What the lines add up to.
  public var total: Money { lines.reduce(.zero) { $0 + $1.amount } }
}

/// What is owed, by vendor and property, with how long it has been due.
public struct AgingRow: Sendable, Hashable {
  /// To whom; nil for no vendor.
  public var vendor: NamedRecord?
  /// For which property; nil for the company.
  public var property: NamedRecord?
  /// What is owed by age.
  public var buckets: [AgeBucket: Money]
  /// Credits of the vendor for the property that are not applied yet; they are no part of the
  /// buckets.
  public var unappliedCredits: Money

  /// A row.
  public init(
    vendor: NamedRecord?, property: NamedRecord?, buckets: [AgeBucket: Money] = [:],
    unappliedCredits: Money = .zero
  ) {
    (self.vendor, self.property) = (vendor, property)
    (self.buckets, self.unappliedCredits) = (buckets, unappliedCredits)
  }

  /// What is owed in all, before credits.
  public var total: Money { buckets.values.reduce(.zero) { $0 + $1 } }
}
