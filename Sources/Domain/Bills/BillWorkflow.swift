// The approval of bills, as a pure function: what somebody wants to do with a bill, and what comes
// of it. The database holds the same rules by triggers (`BillTriggers`).

/// Where a bill stands in its approval. Whether it is paid is another question (``PayableStatus``).
public enum BillState: String, Sendable, Hashable, CaseIterable {
  case draft
  case pendingApproval = "pending_approval"
  case approved, rejected, voided

  /// The state in a sentence: `waits for approval`.
  public var words: String {
    switch self {
    case .draft: "is a draft"
    case .pendingApproval: "waits for approval"
    case .approved: "is approved"
    case .rejected: "was rejected"
    case .voided: "was voided"
    }
  }
}

/// What somebody can want to do with a bill.
public enum BillAction: String, Sendable, Hashable, CaseIterable {
  case create
  /// Amounts, lines, vendor, dates, accounts.
  case edit
  /// Memo and reference, which no amount depends on.
  case annotate
  case submit, approve, reject
  /// Takes a bill back that waits for approval; what was approved so far counts no longer.
  case recall
  /// Makes a draft of a rejected bill.
  case reopen
  /// Puts a bill that waits aside: nobody is asked for it, and nobody approves it.
  case hold
  /// Puts a bill that was put aside or handed on before everybody again.
  case release
  /// Asks one other person to decide.
  case delegate
  /// Applies a payment, a credit or a refund, or takes it off.
  case apply
  case void
  /// Removes a draft for good.
  case delete

  /// What the action does to a bill in a sentence: `submitted`.
  public var pastTense: String {
    switch self {
    case .create: "created"
    case .edit: "edited"
    case .annotate: "annotated"
    case .submit: "submitted"
    case .approve: "approved"
    case .reject: "rejected"
    case .recall: "recalled"
    case .reopen: "reopened"
    case .hold: "put aside"
    case .release: "released"
    case .delegate: "handed on"
    case .apply: "applied to"
    case .void: "voided"
    case .delete: "deleted"
    }
  }

  /// Whether a person must say why.
  public var needsReason: Bool { self == .reject || self == .void || self == .hold }

  /// The state this action leads to by itself, without a limit in the way; nil when it moves nothing.
  public var target: BillState? {
    switch self {
    case .submit: .pendingApproval
    case .approve: .approved
    case .reject: .rejected
    case .recall, .reopen: .draft
    case .void: .voided
    case .create, .edit, .annotate, .apply, .delete, .hold, .release, .delegate: nil
    }
  }

  /// The action that takes this one back; nil where nothing does (an approval is voided, not undone).
  public var inverse: BillAction? {
    switch self {
    case .submit: .recall
    case .recall: .submit
    case .create: .delete
    case .hold, .delegate: .release
    default: nil
    }
  }

  /// Whether the workflow has the action for a bill in a state (accounting facts, section 3.1).
  public func isLegal(in state: BillState) -> Bool {
    switch self {
    case .create: false
    case .edit, .submit, .delete: state == .draft
    case .annotate: state == .draft || state == .approved
    case .approve, .reject, .recall, .hold, .release, .delegate: state == .pendingApproval
    case .reopen: state == .rejected
    case .apply: state == .approved
    case .void: state != .voided
    }
  }
}

/// A bill that waits was put aside.
public struct BillHold: Sendable, Hashable {
  /// Who put it aside.
  public var by: String
  /// Why.
  public var reason: String
  /// When.
  public var at: Instant?

  /// A hold.
  public init(by: String, reason: String, at: Instant? = nil) {
    (self.by, self.reason, self.at) = (by, reason, at)
  }
}

/// One person was asked to decide on a bill that waits. Others still may.
public struct BillDelegation: Sendable, Hashable {
  /// Who is asked.
  public var delegate: String
  /// Who asked.
  public var by: String
  /// What for; may be empty.
  public var reason: String
  /// When.
  public var at: Instant?

  /// A delegation.
  public init(to delegate: String, by: String, reason: String = "", at: Instant? = nil) {
    (self.delegate, self.by, self.reason, self.at) = (delegate, by, reason, at)
  }
}

/// What the rules need to know of a bill.
public struct BillFacts: Sendable, Hashable {
  /// Where it stands.
  public var state: BillState
  /// Changes with every change of the bill; what a person saw is compared with it.
  public var stamp: String
  /// What is owed.
  public var total: Money
  /// What the lines add up to, with their markups.
  public var linesTotal: Money
  /// How many lines there are.
  public var lineCount: Int
  /// The day it is dated.
  public var date: CalendarDate?
  /// The day it is due.
  public var dueDate: CalendarDate?
  /// Whether a vendor is named.
  public var hasVendor: Bool
  /// Whether Buildium knows it.
  public var isAtBuildium: Bool
  /// Whether it reverses another one.
  public var isReversal: Bool
  /// Whether it stands in the ledger.
  public var isPosted: Bool
  /// Who submitted it; nil for what came from Buildium.
  public var submittedBy: String?
  /// Who last changed its amounts; nil for what came from Buildium.
  public var editedBy: String?
  /// Who approved it so far.
  public var approvals: [String]
  /// Whether something is applied to it.
  public var hasApplications: Bool
  /// Whether something applied to it is reconciled with the bank.
  public var hasReconciledApplications: Bool
  /// Accounts of its lines that no bill may use: receivables, payables, undeposited funds, banks.
  public var forbiddenAccounts: [String]
  /// Accounts of its lines that are no longer in use.
  public var inactiveAccounts: [String]
  /// A bill of the same vendor with the same reference number, by its name; nil when there is none.
  public var duplicate: String?
  /// Who put it aside while it waits; nil when nobody did.
  public var hold: BillHold?
  /// Who was asked to decide; nil when everybody is.
  public var delegation: BillDelegation?

  /// The facts of a draft with nothing unusual about it; a caller sets what differs.
  public init(state: BillState, stamp: String, total: Money) {
    (self.state, self.stamp, self.total, linesTotal) = (state, stamp, total, total)
    (lineCount, hasVendor) = (1, true)
    (isAtBuildium, isReversal, isPosted) = (false, false, false)
    (approvals, hasApplications, hasReconciledApplications) = ([], false, false)
    (forbiddenAccounts, inactiveAccounts) = ([], [])
  }
}

/// What somebody asks for.
public struct BillRequest: Sendable, Hashable {
  /// What to do.
  public var action: BillAction
  /// Why; needed for a rejection and a void.
  public var reason: String
  /// The stamp of the bill as the person saw it; nil when they did not look.
  public var expected: String?
  /// Whether a void may take payments and credits off the bill first.
  public var unapplies: Bool
  /// Whether a bill with the reference of another one is really meant.
  public var allowsDuplicate: Bool
  /// Who is asked to decide.
  public var delegate: String?

  /// A request.
  public init(
    _ action: BillAction, reason: String = "", expected: String? = nil, unapplies: Bool = false,
    allowsDuplicate: Bool = false, delegate: String? = nil
  ) {
    self.delegate = delegate
    (self.action, self.reason, self.expected) = (action, reason, expected)
    (self.unapplies, self.allowsDuplicate) = (unapplies, allowsDuplicate)
  }
}

/// What comes of a request.
public enum BillDecision: Sendable, Hashable {
  case refused(BillRefusal)
  /// The bill's content may change, its state stays.
  case stays
  /// Who is asked for a decision changes; the bill waits on.
  case waitsOtherwise
  case moves(to: BillState)
  /// One approval is kept; another person has to approve as well.
  case needsSecondApprover(above: Money)
  /// The bill is voided, with an entry that reverses it if it stands in the ledger.
  case voids(reverses: Bool, unapplies: Bool)
  /// The draft goes, and the trail of it stays.
  case deletes
}

/// Why a request is refused, in the order in which it is looked at.
public enum BillRefusal: Error, Sendable, Hashable {
  case unknownUser(String)
  case roleMayNot(Role, BillAction)
  case changedSinceShown
  case reversal
  case alreadyVoided
  case notInState(BillState, BillAction)
  case reasonMissing(BillAction)
  case atBuildium
  case hasApplications
  case reconciled
  case noVendor
  case noLines
  case notPositive
  case linesDiffer(total: Money, lines: Money)
  case noDueDate
  case dueNotAfterDate
  case accountsForbidden([String])
  case accountsInactive([String])
  case duplicate(of: String)
  case aboveSubmitLimit(Money)
  case ownBill(String)
  case approvedByYou(String)
  case notInLedger
  case noPayablesAccount(candidates: [String])
  case beforeBill(CalendarDate)
  case periodClosed(until: CalendarDate)
  case lineAmount(Int)
  case held(BillHold)
  case notHeld
  case delegateMissing
  case delegateIsYou(String)
  case delegateMayNot(String, why: String)
}

/// Decides what comes of a request; changes nothing.
public enum BillRules {
  /// The largest amount of a line (invariant I2, Buildium's own limit).
  public static let lineAmountMax = Money(minorUnits: 999_999_999)

  /// What comes of `request` for a bill, asked by `actor` under the strictest policy of its
  /// properties.
  ///
  /// Rules: accounting facts, sections 3.1 to 3.3.
  public static func decide(
    _ request: BillRequest, on bill: BillFacts, by actor: Actor, under policy: BillPolicy
  ) -> BillDecision {
    let action = request.action
    if let refusal = actor.refusal(of: action) { return .refused(refusal) }
    if let expected = request.expected, expected != bill.stamp {
      return .refused(.changedSinceShown)
    }
    if bill.isReversal { return .refused(.reversal) }
    guard action.isLegal(in: bill.state) else {
      if bill.state == .voided, action == .void { return .refused(.alreadyVoided) }
      return .refused(.notInState(bill.state, action))
    }
    if action.needsReason, request.reason.allSatisfy(\.isWhitespace) {
      return .refused(.reasonMissing(action))
    }
    switch action {
    case .create, .annotate, .apply, .edit: return .stays
    case .recall, .reopen, .reject: return action.target.map { .moves(to: $0) } ?? .stays
    case .hold, .release, .delegate: return wait(request, bill, actor)
    case .submit: return submit(request, bill, actor, policy)
    case .approve: return approve(bill, actor, policy)
    case .void: return void(request, bill)
    case .delete:
      if bill.isAtBuildium { return .refused(.atBuildium) }
      return bill.hasApplications ? .refused(.hasApplications) : .deletes
    }
  }

  private static func submit(
    _ request: BillRequest, _ bill: BillFacts, _ actor: Actor, _ policy: BillPolicy
  ) -> BillDecision {
    if let refusal = incomplete(bill) { return .refused(refusal) }
    if let duplicate = bill.duplicate, !request.allowsDuplicate {
      return .refused(.duplicate(of: duplicate))
    }
    if let limit = actor.submitLimit, bill.total > limit {
      return .refused(.aboveSubmitLimit(limit))
    }
    if let limit = policy.autoApproveUpTo, bill.total <= limit { return .moves(to: .approved) }
    return .moves(to: .pendingApproval)
  }

  /// What a bill lacks to be put before an approver.
  public static func incomplete(_ bill: BillFacts) -> BillRefusal? {
    if !bill.hasVendor { return .noVendor }
    if bill.lineCount == 0 { return .noLines }
    if bill.total <= .zero { return .notPositive }
    if bill.total != bill.linesTotal {
      return .linesDiffer(total: bill.total, lines: bill.linesTotal)
    }
    // Buildium takes none that is due on its own date, or on no day.
    guard let due = bill.dueDate else { return .noDueDate }
    if let date = bill.date, due <= date { return .dueNotAfterDate }
    // Buildium answers 422 to these (invariant I7).
    if !bill.forbiddenAccounts.isEmpty { return .accountsForbidden(bill.forbiddenAccounts) }
    if !bill.inactiveAccounts.isEmpty { return .accountsInactive(bill.inactiveAccounts) }
    return nil
  }

  private static func wait(_ request: BillRequest, _ bill: BillFacts, _ actor: Actor)
    -> BillDecision
  {
    if request.action == .release {
      return bill.hold == nil && bill.delegation == nil ? .refused(.notHeld) : .waitsOtherwise
    }
    if let hold = bill.hold { return .refused(.held(hold)) }
    guard request.action == .delegate else { return .waitsOtherwise }
    guard let delegate = request.delegate, !delegate.allSatisfy(\.isWhitespace) else {
      return .refused(.delegateMissing)
    }
    return delegate == actor.name ? .refused(.delegateIsYou(delegate)) : .waitsOtherwise
  }

  /// Why somebody is not asked to decide on a bill: the same reason for which they could not approve
  /// it; nil when they are.
  public static func refusal(
    ofAsking delegate: Actor, for bill: BillFacts, under policy: BillPolicy
  ) -> BillRefusal? {
    guard
      case .refused(let refusal) = decide(
        BillRequest(.approve), on: bill, by: delegate, under: policy)
    else { return nil }
    return .delegateMayNot(delegate.name, why: refusal.refusal.message)
  }

  private static func approve(_ bill: BillFacts, _ actor: Actor, _ policy: BillPolicy)
    -> BillDecision
  {
    // What Buildium posted is there, whatever its accounts are; a bill of our own is still to be.
    if !bill.isAtBuildium, let refusal = incomplete(bill) { return .refused(refusal) }
    if let hold = bill.hold { return .refused(.held(hold)) }
    if !policy.allowsOwnApproval, bill.submittedBy == actor.name || bill.editedBy == actor.name {
      return .refused(.ownBill(actor.name))
    }
    if bill.approvals.contains(actor.name) { return .refused(.approvedByYou(actor.name)) }
    if let limit = actor.approvalLimit, bill.total > limit {
      return .needsSecondApprover(above: limit)
    }
    if let limit = policy.secondApproverAbove, bill.total > limit, bill.approvals.isEmpty {
      return .needsSecondApprover(above: limit)
    }
    return .moves(to: .approved)
  }

  private static func void(_ request: BillRequest, _ bill: BillFacts) -> BillDecision {
    if bill.hasReconciledApplications { return .refused(.reconciled) }
    if bill.hasApplications, !request.unapplies { return .refused(.hasApplications) }
    return .voids(reverses: bill.isPosted, unapplies: bill.hasApplications)
  }
}
