import Testing

@testable import Domain

@Suite("The workflow of bills")
struct BillWorkflowTests {
  static let total = Money(minorUnits: 50_001)
  static let admin = Actor(name: "ann", role: .admin)

  static func bill(_ state: BillState, _ change: (inout BillFacts) -> Void = { _ in }) -> BillFacts
  {
    var facts = BillFacts(state: state, stamp: "1", total: total)
    (facts.date, facts.dueDate) = (CalendarDate("2026-03-02"), CalendarDate("2026-03-30"))
    facts.submittedBy = "sam"
    facts.editedBy = "sam"
    facts.isPosted = state == .approved
    change(&facts)
    return facts
  }

  static func decide(
    _ action: BillAction, _ facts: BillFacts, by actor: Actor = admin,
    policy: BillPolicy = BillPolicy(), _ change: (inout BillRequest) -> Void = { _ in }
  ) -> BillDecision {
    var request = BillRequest(
      action, reason: action.needsReason ? "because" : "", delegate: "zoe")
    change(&request)
    return BillRules.decide(request, on: facts, by: actor, under: policy)
  }

  /// One row per state, one column per action: what the table of the accounting facts says.
  ///
  /// `=` may be done and moves nothing, a state's letter is where it leads, `-` is refused, `x` the
  /// draft goes, `V` voided with a reversal, `v` voided without, `w` it waits otherwise, `n` it was
  /// not put aside.
  static let table = """
                     edit annotate submit approve reject recall reopen apply void delete hold release delegate
    draft            =    =        P      -       -      -      -      -     v    x      -    -       -
    pending_approval -    -        -      A       R      D      -      -     v    -      w    n       w
    approved         -    =        -      -       -      -      -      =     V    -      -    -       -
    rejected         -    -        -      -       -      -      D      -     v    -      -    -       -
    voided           -    -        -      -       -      -      -      -     -    -      -    -       -
    """

  static let cells: [(BillState, BillAction, String)] = {
    let lines = table.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    return lines.dropFirst().flatMap { line in
      zip(lines[0], line.dropFirst()).compactMap { name, cell in
        guard let state = BillState(rawValue: line[0]), let action = BillAction(rawValue: name)
        else { return nil }
        return (state, action, cell)
      }
    }
  }()

  @Test("every state and action comes to what the table of the workflow says", arguments: cells)
  func transitions(_ state: BillState, _ action: BillAction, _ cell: String) {
    let decision = Self.decide(action, Self.bill(state))
    let expected: BillDecision =
      switch cell {
      case "=": .stays
      case "x": .deletes
      case "P": .moves(to: .pendingApproval)
      case "A": .moves(to: .approved)
      case "R": .moves(to: .rejected)
      case "D": .moves(to: .draft)
      case "V": .voids(reverses: true, unapplies: false)
      case "v": .voids(reverses: false, unapplies: false)
      case "w": .waitsOtherwise
      case "n": .refused(.notHeld)
      default:
        .refused(state == .voided && action == .void ? .alreadyVoided : .notInState(state, action))
      }
    #expect(decision == expected)
  }

  @Test("the table has every state and every action")
  func whole() {
    #expect(Self.cells.count == BillState.allCases.count * (BillAction.allCases.count - 1))
  }

  static let anyone = Set(Role.allCases.map(\.rawValue))

  @Test(
    "a role has the actions it is for, and no others",
    arguments: [
      (BillAction.create, "manager accountant admin"), (.edit, "manager accountant admin"),
      (.submit, "manager accountant admin"), (.approve, "accountant admin"),
      (.reject, "manager accountant admin"), (.recall, "manager accountant admin"),
      (.reopen, "manager accountant admin"), (.apply, "accountant admin"),
      (.void, "accountant admin"), (.delete, "manager accountant admin"),
      (.hold, "manager accountant admin"), (.release, "manager accountant admin"),
      (.delegate, "manager accountant admin"),
    ])
  func roles(_ action: BillAction, _ allowed: String) {
    for role in Role.allCases {
      let refusal = Actor(name: "x", role: role).refusal(of: action)
      let isAllowed = allowed.split(separator: " ").contains(Substring(role.rawValue))
      #expect(refusal == (isAllowed ? nil : .roleMayNot(role, action)))
    }
    #expect(Actor(name: "x", role: nil).refusal(of: action) == .unknownUser("x"))
  }

  @Test("a manager approves by a limit of their own")
  func managerLimit() {
    let waiting = Self.bill(.pendingApproval)
    let small = Actor(name: "max", role: .manager, approvalLimit: Money(minorUnits: 50_000))
    let large = Actor(name: "max", role: .manager, approvalLimit: Self.total)
    #expect(
      Self.decide(.approve, waiting, by: small)
        == .needsSecondApprover(above: Money(minorUnits: 50_000)))
    #expect(Self.decide(.approve, waiting, by: large) == .moves(to: .approved))
  }

  @Test("nobody approves what they submitted or edited, unless the office allows it")
  func ownBill() {
    let own = BillPolicy(allowsOwnApproval: true)
    for change in [
      { (facts: inout BillFacts) in facts.submittedBy = "ann" },
      { (facts: inout BillFacts) in facts.editedBy = "ann" },
    ] {
      let bill = Self.bill(.pendingApproval, change)
      #expect(Self.decide(.approve, bill) == .refused(.ownBill("ann")))
      #expect(Self.decide(.approve, bill, policy: own) == .moves(to: .approved))
    }
  }

  @Test("above the policy's limit two people approve, and not the same one twice")
  func secondApprover() {
    let limit = Money(minorUnits: 50_000)
    let policy = BillPolicy(secondApproverAbove: limit)
    let bill = Self.bill(.pendingApproval)
    #expect(Self.decide(.approve, bill, policy: policy) == .needsSecondApprover(above: limit))
    let once = Self.bill(.pendingApproval) { $0.approvals = ["ann"] }
    #expect(Self.decide(.approve, once, policy: policy) == .refused(.approvedByYou("ann")))
    let eve = Actor(name: "eve", role: .accountant)
    #expect(Self.decide(.approve, once, by: eve, policy: policy) == .moves(to: .approved))
    let exact = BillPolicy(secondApproverAbove: Self.total)
    #expect(Self.decide(.approve, bill, policy: exact) == .moves(to: .approved))
  }

  @Test("a small bill is approved as it is submitted where the policy says so")
  func autoApproval() {
    let policy = BillPolicy(autoApproveUpTo: Self.total)
    #expect(Self.decide(.submit, Self.bill(.draft), policy: policy) == .moves(to: .approved))
    let less = BillPolicy(autoApproveUpTo: Self.total - Money(minorUnits: 1))
    #expect(Self.decide(.submit, Self.bill(.draft), policy: less) == .moves(to: .pendingApproval))
  }

  @Test("the strictest policy of several properties applies")
  func strictest() {
    let left = BillPolicy(
      autoApproveUpTo: Money(minorUnits: 100), secondApproverAbove: nil, allowsOwnApproval: true)
    let right = BillPolicy(
      autoApproveUpTo: nil, secondApproverAbove: Money(minorUnits: 300), allowsOwnApproval: false)
    #expect(left.strictest(with: right) == BillPolicy(secondApproverAbove: Money(minorUnits: 300)))
    let other = BillPolicy(autoApproveUpTo: Money(minorUnits: 50), allowsOwnApproval: true)
    #expect(left.strictest(with: other).autoApproveUpTo == Money(minorUnits: 50))
  }

  /// Each row makes one thing more wrong than the row before it says; the first thing is named.
  static let incomplete: [(String, BillRefusal)] = [
    ("vendor", .noVendor), ("lines", .noLines), ("total", .notPositive),
    ("sum", .linesDiffer(total: total, lines: Money(minorUnits: 1))), ("due", .dueNotAfterDate),
    ("forbidden", .accountsForbidden(["Bank"])), ("inactive", .accountsInactive(["Old"])),
    ("duplicate", .duplicate(of: "7")), ("limit", .aboveSubmitLimit(Money(minorUnits: 1))),
  ]

  @Test("what a draft lacks is named, the first thing first", arguments: incomplete.indices)
  func incompleteDrafts(_ index: Int) {
    let wrong = Set(Self.incomplete[index...].map(\.0))
    let bill = Self.bill(.draft) { facts in
      if wrong.contains("due") { facts.dueDate = facts.date }
      if wrong.contains("vendor") { facts.hasVendor = false }
      if wrong.contains("lines") { facts.lineCount = 0 }
      if wrong.contains("total") { facts.total = .zero }
      if wrong.contains("sum") { facts.linesTotal = Money(minorUnits: 1) }
      if wrong.contains("forbidden") { facts.forbiddenAccounts = ["Bank"] }
      if wrong.contains("inactive") { facts.inactiveAccounts = ["Old"] }
      if wrong.contains("duplicate") { facts.duplicate = "7" }
    }
    let actor = Actor(
      name: "sam", role: .manager,
      submitLimit: wrong.contains("limit") ? Money(minorUnits: 1) : nil)
    #expect(Self.decide(.submit, bill, by: actor) == .refused(Self.incomplete[index].1))
  }

  @Test("a bill due on no day is not submitted: Buildium takes none such")
  func noDueDate() {
    let bill = Self.bill(.draft) { $0.dueDate = nil }
    #expect(Self.decide(.submit, bill) == .refused(.noDueDate))
  }

  @Test("a bill that was put aside is not approved and not handed on until it is released")
  func held() {
    let hold = BillHold(by: "max", reason: "disputed")
    let bill = Self.bill(.pendingApproval) { $0.hold = hold }
    for action in [BillAction.approve, .hold, .delegate] {
      #expect(Self.decide(action, bill) == .refused(.held(hold)))
    }
    #expect(Self.decide(.release, bill) == .waitsOtherwise)
    #expect(Self.decide(.reject, bill) == .moves(to: .rejected))
  }

  @Test("only who could approve a bill is asked to decide on it, and nobody asks themselves")
  func delegates() {
    let bill = Self.bill(.pendingApproval)
    #expect(
      Self.decide(.delegate, bill) { $0.delegate = "ann" } == .refused(.delegateIsYou("ann")))
    #expect(Self.decide(.delegate, bill) { $0.delegate = " " } == .refused(.delegateMissing))
    func refusal(_ actor: Actor) -> BillRefusal? {
      BillRules.refusal(ofAsking: actor, for: bill, under: BillPolicy())
    }
    #expect(refusal(Actor(name: "zoe", role: .accountant)) == nil)
    for actor in [
      Actor(name: "sam", role: .accountant), Actor(name: "vic", role: .viewer),
      Actor(name: "max", role: .manager), Actor(name: "who", role: nil),
    ] {
      guard case .delegateMayNot(actor.name, _) = refusal(actor) else {
        Issue.record("\(actor.name) was asked")
        continue
      }
    }
  }

  @Test("a bill with another's reference number is submitted when that is meant")
  func duplicateMeant() {
    let bill = Self.bill(.draft) { $0.duplicate = "7" }
    #expect(
      Self.decide(.submit, bill) { $0.allowsDuplicate = true } == .moves(to: .pendingApproval))
  }

  @Test("a bill changed since it was shown is not decided on", arguments: BillAction.allCases)
  func changed(_ action: BillAction) {
    for state in BillState.allCases {
      let decision = Self.decide(action, Self.bill(state)) { $0.expected = "0" }
      #expect(decision == .refused(.changedSinceShown))
    }
  }

  @Test("a bill that reverses another one stays as it is", arguments: BillAction.allCases)
  func reversal(_ action: BillAction) {
    let bill = Self.bill(.approved) { $0.isReversal = true }
    #expect(Self.decide(action, bill) == .refused(.reversal))
  }

  @Test("a rejection and a void have a reason", arguments: ["", " ", "\n\t"])
  func reasons(_ text: String) {
    #expect(
      Self.decide(.reject, Self.bill(.pendingApproval)) { $0.reason = text }
        == .refused(.reasonMissing(.reject)))
    #expect(
      Self.decide(.void, Self.bill(.approved)) { $0.reason = text }
        == .refused(.reasonMissing(.void)))
  }

  @Test("a void is blocked by what is applied, and by what is reconciled for good")
  func voids() {
    let paid = Self.bill(.approved) { $0.hasApplications = true }
    #expect(Self.decide(.void, paid) == .refused(.hasApplications))
    #expect(
      Self.decide(.void, paid) { $0.unapplies = true } == .voids(reverses: true, unapplies: true))
    let reconciled = Self.bill(.approved) {
      $0.hasApplications = true
      $0.hasReconciledApplications = true
    }
    #expect(Self.decide(.void, reconciled) { $0.unapplies = true } == .refused(.reconciled))
  }

  @Test("a draft goes only when Buildium does not know it and nothing is applied")
  func deletion() {
    #expect(
      Self.decide(.delete, Self.bill(.draft) { $0.isAtBuildium = true }) == .refused(.atBuildium))
    #expect(
      Self.decide(.delete, Self.bill(.draft) { $0.hasApplications = true })
        == .refused(.hasApplications))
  }

  @Test("a refusal has words and a name, and names no two things alike")
  func words() {
    let refusals: [BillRefusal] =
      [.unknownUser("x"), .changedSinceShown, .reversal, .alreadyVoided, .atBuildium]
      + [.hasApplications, .reconciled, .notInLedger, .noPayablesAccount(candidates: ["a"])]
      + Self.incomplete.map(\.1)
    #expect(Set(refusals.map(\.refusal.code)).count == refusals.count)
    for refusal in refusals { #expect(refusal.refusal.message.hasSuffix(".")) }
  }
}
