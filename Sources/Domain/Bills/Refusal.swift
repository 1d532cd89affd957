// Refusals in words: what a rule said no to, and what to do next.

/// A rule's answer to a person: a name for programs, a sentence, and the next step.
public struct Refusal: Error, Sendable, Hashable {
  /// For programs: words joined by underscores.
  public var code: String
  /// Why it is refused, without a name of the record: `waits for approval, so it is not edited`.
  public var message: String
  /// What can be done about it; empty when nothing can.
  public var hint: String

  /// A refusal.
  public init(_ code: String, _ message: String, hint: String = "") {
    (self.code, self.message, self.hint) = (code, message, hint)
  }

  /// The message and what can be done, as sentences with a full stop each.
  public var sentences: String {
    [message, hint].filter { !$0.isEmpty }
      .map { ".!?".contains($0.last ?? ".") ? $0 : $0 + "." }.joined(separator: " ")
  }
}

extension BillRefusal {
  /// The refusal in words.
  public var refusal: Refusal {
    switch self {
    case .unknownUser(let name):
      Refusal(
        "unknown_user", "\(name) is not among the users.",
        hint: "An administrator adds people: `rentbook users add NAME --role ROLE`.")
    case .roleMayNot(let role, let action):
      Refusal(
        "role", "A bill is not \(action.pastTense) by the role \(role.rawValue).",
        hint: "Ask somebody whose role or limit allows it.")
    case .changedSinceShown:
      Refusal(
        "changed", "The bill was changed since it was shown.",
        hint: "Look at it again and decide anew.")
    case .reversal:
      Refusal("reversal", "The bill reverses another one and stays as it is.")
    case .alreadyVoided: Refusal("already_voided", "The bill is voided already.")
    case .notInState(let state, let action): Self.refusal(of: action, in: state)
    case .reasonMissing(let action):
      Refusal("reason_missing", "A bill is not \(action.pastTense) without a reason.")
    case .atBuildium:
      Refusal(
        "at_buildium", "Buildium knows the bill, so it is not deleted.", hint: "Void it.")
    case .hasApplications:
      Refusal(
        "has_applications", "Payments or credits are applied to the bill.",
        hint: "Take them off first: `rentbook bills unapply`, or void with --unapply.")
    case .reconciled:
      Refusal(
        "reconciled", "A payment applied to the bill is reconciled with the bank.",
        hint: "Ask the vendor for a credit or a refund.")
    case .noVendor: Refusal("no_vendor", "The bill names no vendor.")
    case .noLines: Refusal("no_lines", "The bill has no lines.")
    case .notPositive:
      Refusal(
        "not_positive", "The bill's total is not above zero.",
        hint: "A negative bill is a vendor credit.")
    case .linesDiffer(let total, let lines):
      Refusal("lines_differ", "The bill's total is \(total), and its lines add up to \(lines).")
    case .noDueDate:
      Refusal(
        "no_due_date", "The bill does not say when it is due, and Buildium takes none without.",
        hint: "Give it a day after its date: `rentbook bills edit ID --due DATE`.")
    case .dueNotAfterDate:
      Refusal(
        "due_before_date", "The bill is due on or before its date, and Buildium takes none such.",
        hint: "Give it a later day: `rentbook bills edit ID --due DATE`.")
    case .accountsForbidden(let names):
      Refusal(
        "account_forbidden", "A bill is not booked on \(names.joined(separator: ", ")).",
        hint: "Choose an expense, liability or asset account that is no control account.")
    case .accountsInactive(let names):
      Refusal(
        "account_inactive", "No longer in use: \(names.joined(separator: ", ")).",
        hint: "Recall the bill and choose another account.")
    case .duplicate(let other):
      Refusal(
        "duplicate", "The vendor's bill \(other) has the same reference number.",
        hint: "If it is really another one: --allow-duplicate.")
    case .aboveSubmitLimit(let limit):
      Refusal("above_limit", "You submit bills up to \(limit), and this one is above it.")
    case .ownBill(let name):
      Refusal(
        "own_bill", "\(name) submitted or edited the bill and does not approve it as well.",
        hint: "Somebody else has to approve it.")
    case .approvedByYou(let name):
      Refusal(
        "approved_by_you", "\(name) has approved the bill; it waits for somebody else.")
    case .notInLedger:
      Refusal(
        "not_in_ledger", "The bill's entry is not in the ledger here, so it cannot be reversed.",
        hint: "Get the transactions: `rentbook sync --resource transactions`.")
    case .noPayablesAccount(let candidates):
      Refusal(
        "no_payables_account",
        candidates.isEmpty
          ? "No account for payables was found."
          : "Several accounts may be the one for payables: \(candidates.joined(separator: ", ")).",
        hint: "Name it: `rentbook bills policy --payables-account ID`.")
    case .beforeBill(let day):
      Refusal("before_bill", "The bill is dated \(day) and is not voided before that.")
    case .lineAmount(let number):
      Refusal(
        "line_amount",
        "The amount of line \(number) is zero or above \(BillRules.lineAmountMax).")
    case .held(let hold):
      Refusal(
        "held", "\(hold.by) put the bill aside: \(hold.reason)",
        hint: "Release it first: `rentbook bills release`.")
    case .notHeld: Refusal("not_held", "The bill is neither put aside nor handed on.")
    case .delegateMissing:
      Refusal("delegate_missing", "Say who is asked to decide.", hint: "Name them: --to USER.")
    case .delegateIsYou(let name):
      Refusal("delegate_is_you", "\(name) decides without being asked by themselves.")
    case .delegateMayNot(let name, let why):
      Refusal(
        "delegate_may_not", "\(name) could not approve the bill: \(why)",
        hint: "Ask somebody else.")
    case .periodClosed(let day):
      Refusal(
        "period_closed", "The books are closed through \(day).",
        hint: "Date it after that day.")
    }
  }

  private static func refusal(of action: BillAction, in state: BillState) -> Refusal {
    let hint =
      switch (state, action) {
      case (.pendingApproval, .edit), (.pendingApproval, .annotate), (.pendingApproval, .delete):
        "Recall it first: `rentbook bills recall`."
      case (.rejected, .edit), (.rejected, .submit), (.rejected, .annotate), (.rejected, .delete):
        "Reopen it first: `rentbook bills reopen`."
      case (.draft, .approve), (.draft, .reject): "Submit it first: `rentbook bills submit`."
      case (.approved, .edit), (.approved, .reject), (.approved, .delete), (.approved, .recall):
        "Void it and enter it anew."
      case (.draft, .apply), (.pendingApproval, .apply), (.rejected, .apply):
        "Only an approved bill is paid."
      default: ""
      }
    return Refusal(
      "wrong_state", "The bill \(state.words), so it is not \(action.pastTense).", hint: hint)
  }
}

extension UserRefusal {
  /// The refusal in words.
  public var refusal: Refusal {
    switch self {
    case .unknownUser(let name): BillRefusal.unknownUser(name).refusal
    case .roleMayNot(let role):
      Refusal(
        "role", "The role \(role.rawValue) does not say who may do what.",
        hint: "Ask an administrator.")
    case .nameMissing: Refusal("name_missing", "A user needs a name.")
    case .limitNotPositive: Refusal("limit_not_positive", "A limit is an amount of zero or more.")
    case .alreadyThere(let name):
      Refusal(
        "already_there", "\(name) is a user already.",
        hint: "`rentbook users role NAME ROLE` changes what they may do.")
    case .notThere(let name): Refusal("not_there", "\(name) is not among the users.")
    case .lastAdmin(let name):
      Refusal(
        "last_admin", "\(name) is the only administrator.",
        hint: "Make somebody else an administrator first.")
    }
  }
}
