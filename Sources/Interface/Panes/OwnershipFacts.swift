// Who owns which part of a property, from which day, as plain values for the screen.
import Domain
import Reports
import Terminal

/// Everything entered about the owners of one property.
public struct OwnershipSheet: Sendable, Hashable {
  /// An owner's part.
  public struct Share: Sendable, Hashable {
    /// The owner.
    public var owner: Owner
    /// The part of the income; nil while nobody has entered it.
    public var ownership: Percent?
    /// The part of what is paid out; nil while nobody has entered it.
    public var disbursement: Percent?
  }

  /// Somebody who may own a part.
  public struct Owner: Sendable, Hashable {
    /// The id in the store.
    public var localID: String
    /// The number to show: Buildium's, or the store's.
    public var id: String
    /// What the owner is called.
    public var name: String
  }

  /// The shares of some days.
  public struct Span: Sendable, Hashable {
    /// The first day.
    public var from: CalendarDate
    /// The last day; nil while they last.
    public var to: CalendarDate?
    /// The owners' parts, in the order of the owners.
    public var shares: [Share]
    /// Why they give no figures, in words; nil when they do.
    public var problem: String?

    /// `always`, `from 2026-10-10`, `2020-01-01 to 2026-10-09`.
    var title: String {
      switch (from == .distantPast, to) {
      case (true, nil): "always"
      case (true, let to?): "until \(to)"
      case (false, nil): "from \(from)"
      case (false, let to?): "\(from) to \(to)"
      }
    }
  }

  /// The property's id in the store.
  public var property: String
  /// The property's name.
  public var title: String
  /// The shares, those of the last days first.
  public var spans: [Span]
  /// Everybody who may own a part, by name.
  public var owners: [Owner]
  /// How the money is distributed, a sentence each.
  public var rules: [String]
  /// The decisions, a sentence each, the newest first.
  public var changes: [String]
  /// Tells whether the shares are still those that are shown.
  public var mark: String

  /// What a ledger knows about a property; nil when it has no such property.
  ///
  /// - Parameters:
  ///   - id: the property's number, as it is shown.
  ///   - mark: what tells these shares from others.
  ///   - changes: the decisions in words.
  public init?(_ ledger: LedgerSnapshot, property id: String, mark: String, changes: [String]) {
    guard let number = ledger.property(id) else { return nil }
    let record = ledger.properties[number]
    func owner(_ number: Int) -> Owner {
      let owner = ledger.owners[number]
      return Owner(localID: owner.localID, id: owner.id, name: owner.name)
    }
    (property, title) = (record.localID, record.name)
    (self.mark, self.changes) = (mark, changes)
    owners = ledger.owners.indices.map(owner).sorted { ($0.name, $0.id) < ($1.name, $1.id) }
    let starts = Set(
      record.shares.flatMap { share in
        [share.from] + (share.to.map { [$0.adding(days: 1)] } ?? [])
      }
    ).sorted()
    var spans: [Span] = []
    for (place, start) in starts.enumerated() {
      let shares = record.shares(on: start)
      // After the last share ended there is nobody, which is said where there is a next one.
      guard !shares.isEmpty else { continue }
      let end = place + 1 < starts.count ? starts[place + 1].adding(days: -1) : nil
      spans.append(
        Span(
          from: start, to: end,
          shares: shares.map {
            Share(
              owner: owner($0.owner), ownership: $0.ownership, disbursement: $0.disbursement)
          }, problem: ShareSum.problem(shares.map { ($0.ownership, $0.disbursement) })))
    }
    self.spans = spans.reversed()
    rules =
      record.policies.sorted { ($0.from, $0.priority) < ($1.from, $1.priority) }.map(Self.words)
      + record.rules.map { Self.words($0, ledger) }
    if record.policies.isEmpty {
      rules.insert(Self.words(record.policies(on: .distantPast)[0]), at: 0)
    }
  }

  private static func days(_ from: CalendarDate, _ to: CalendarDate?) -> String {
    Span(from: from, to: to, shares: []).title
  }

  private static func words(_ policy: DrawPolicy) -> String {
    var text =
      "\(days(policy.from, policy.to)): keeps \(Words.money(policy.reserveTarget)), pays out "
      + "\(policy.percent) %"
    let held = [
      policy.holdsUnpaidBills ? "unpaid bills" : nil,
      policy.holdsUndeposited ? "money not at the bank" : nil,
    ].compactMap(\.self)
    if !held.isEmpty { text += ", holds \(held.joined(separator: " and ")) back" }
    return text + (policy.carriesForwardLoss ? ", carries losses on" : "")
  }

  private static func words(_ rule: DrawRule, _ ledger: LedgerSnapshot) -> String {
    var text = "\(days(rule.from, rule.to)): “\(rule.kind.rawValue)”"
    switch rule.kind {
    case .fixed, .minimum, .maximum, .reserveContribution: text += " \(Words.money(rule.amount))"
    case .percentOfNOI: text += " \(rule.percent) %"
    case .residual, .hold: break
    }
    text += " for \(ledger.owners[rule.owner].name)"
    return text + (rule.reason.isEmpty ? "" : " (\(rule.reason))")
  }
}

/// Checks what shares add up to.
enum ShareSum {
  /// Why shares of income and of payments give no figures, in words; nil when they do.
  static func problem(_ shares: [(ownership: Percent?, disbursement: Percent?)]) -> String? {
    if shares.contains(where: { $0.ownership == nil || $0.disbursement == nil }) {
      return "not every share was entered"
    }
    for (name, parts) in [
      ("income", shares.compactMap(\.ownership)), ("payments", shares.compactMap(\.disbursement)),
    ] {
      let sum = sum(parts)
      if sum != .whole { return "the shares of \(name) add up to \(sum), not 100" }
    }
    return nil
  }

  static func sum(_ parts: [Percent]) -> Percent {
    Percent(units: parts.reduce(0) { $0 + $1.units })
  }

  /// The parts with what is missing to 100, or too much, taken up by the first; nil where that is
  /// nothing, or more than rounding leaves: a hundredth of a per cent.
  static func closed(_ parts: [Percent]) -> [Percent]? {
    let rest = Percent.whole.units - sum(parts).units
    guard rest != 0, abs(rest) <= Percent.unitsPerPercent / 100, let first = parts.first,
      first.units + rest > 0
    else { return nil }
    return [Percent(units: first.units + rest)] + parts.dropFirst()
  }
}

/// The shares of a property from a day on, as a person has entered them.
public struct OwnershipEdit: Sendable, Hashable {
  /// An owner's part.
  public struct Share: Sendable, Hashable {
    /// The owner's id in the store.
    public var owner: String
    /// The part of the income.
    public var ownership: Percent
    /// The part of what is paid out.
    public var disbursement: Percent
  }

  /// The property's id in the store.
  public var property: String
  /// The property's name.
  public var title: String
  /// The first day.
  public var from: CalendarDate
  /// The owners' parts; empty to take the shares away that begin on the day.
  public var shares: [Share]
  /// Why; may be empty.
  public var reason: String
  /// What tells the shares that were shown from others.
  public var mark: String
}

/// What the owners' base says of reserves and shares that is kept otherwise here.
public struct TakeOver: Sendable, Hashable {
  /// What would change, a name and the change each.
  public var changes: [String: String]
  /// What is not taken, a name and the reason each.
  public var refused: [String: String]
  /// What the base lacks, a sentence each.
  public var notes: [String]

  /// A preview.
  public init(changes: [String: String], refused: [String: String], notes: [String]) {
    (self.changes, self.refused, self.notes) = (changes, refused, notes)
  }

  /// More lines than a dialog shows; the command lists them all.
  private static let factsMax = 10

  /// What a person is asked, or told where there is nothing to take over.
  var reaction: Reaction {
    guard !changes.isEmpty else {
      let first = refused.min { $0.key < $1.key }.map { "\($0.key): \($0.value)" } ?? notes.first
      return .say(
        "Nothing to take over from Airtable. \(first ?? "")", refused.isEmpty ? .info : .warning)
    }
    var dialog = Confirmation(
      "Take \(Words.count(changes.count, "change")) over from Airtable?",
      "Reserves hold from the first of this month, shares from their days. What is not taken is named "
        + "by `rentbook ownership import`, with all changes.",
      accept: "Take over", reactions: [.effect(.takeOver)])
    let shown =
      changes.sorted { $0.key < $1.key }.map { ($0.key, $0.value, Style.text) }
      + refused.sorted { $0.key < $1.key }.map { ($0.key, "! \($0.value)", Style.warning) }
    dialog.facts = shown.prefix(Self.factsMax).map { .init(name: $0.0, value: $0.1, style: $0.2) }
    if shown.count > Self.factsMax {
      dialog.facts.append(.init(name: "and", value: "\(shown.count - Self.factsMax) more"))
    }
    if changes.count > Confirmation.countMax { dialog.numberToType = changes.count }
    return .open(dialog)
  }
}
