// How a draw comes about, in words: each step with its figures, so that it can be added up by hand.
import Domain
import Reports

/// The words of one row of draws.
struct MonthDrawWords {
  let row: DrawRow
  let ledger: LedgerSnapshot

  /// In a few words what decides the draw; empty when nothing but the income does.
  var why: String {
    if row.problem != nil { return "owners not known: w enters them" }
    let held = row.owners.reduce(Money.zero) { $0 + $1.held }
    if held > .zero { return "held \(Words.money(held))" }
    if row.unrestrictedAfterDraw < .zero { return "cash below zero" }
    if row.isDeclared { return "declared" }
    if row.carryOut < .zero { return "carries \(Words.money(row.carryOut))" }
    if row.available <= .zero { return "no income" }
    if row.cap < row.calculated { return "capped by cash" }
    if row.restoration > .zero { return "restores reserve" }
    return ""
  }

  /// Whether a person should look at it.
  var isWarning: Bool { row.problem != nil || row.unrestrictedAfterDraw < .zero }

  /// The steps, a line each.
  func steps(showsPeriod: Bool) -> [String] {
    let lead = showsPeriod ? ["\(row.period):"] : []
    if let problem = row.problem { return lead + ["! No draw: \(problem.description)"] }
    var lines = lead + [income, cash, owners]
    if row.unrestrictedAfterDraw < .zero {
      lines.append(
        "! After it the owner's cash is \(Words.money(row.unrestrictedAfterDraw)): below zero.")
    }
    for rule in row.rules where !rule.rule.isEmpty {
      let owner = rule.owner.map { " for \(ledger.owners[$0].name)" } ?? ""
      lines.append(
        "Rule “\(rule.kind.rawValue)”\(owner): asked \(Words.money(rule.ask)), got "
          + Words.money(rule.grant)
          + (rule.reason.isEmpty ? "" : " (\(Words.grouped(rule.reason)))"))
    }
    return lines + row.reasons.map(Words.grouped)
  }

  private var income: String {
    var text = "NOI \(Words.money(row.noi))"
    if row.carryIn != .zero { text += " + carried \(Words.money(row.carryIn))" }
    if row.restatement != .zero { text += " + restated \(Words.money(row.restatement))" }
    let policies = ledger.properties[row.property].policies(on: row.period.from)
    let restore =
      row.restoration == .zero ? "" : " − restore reserve \(Words.money(row.restoration))"
    let result = Words.money(row.calculated)
    guard policies.count == 1 else {
      return text + restore + ": \(policies.count) policies ask for \(result)"
    }
    let percent = "\(row.percent) %"
    switch policies[0].order {
    case .reserveThenPercent:
      let sum = row.available - row.restoration
      let whole =
        text == "NOI \(Words.money(sum))" ? text : text + restore + " = \(Words.money(sum))"
      return sum > .zero ? "\(whole) × \(percent) = \(result)" : "\(whole): nothing to pay"
    case .percentThenReserve:
      let sum = row.available
      guard sum > .zero else { return "\(text) = \(Words.money(sum)): nothing to pay" }
      let share = Words.money(row.percent.floor(of: sum))
      return "(\(text)) × \(percent) = \(share)\(restore) = \(result)"
    }
  }

  private var cash: String {
    var text =
      "cash \(Words.money(row.unrestrictedEnd)) − reserve \(Words.money(row.reserveTarget))"
    if row.heldUnpaidBills != .zero {
      text += " − unpaid bills \(Words.money(row.heldUnpaidBills))"
    }
    if row.heldUndeposited != .zero {
      text += " − not at the bank \(Words.money(row.heldUndeposited))"
    }
    let sum =
      row.unrestrictedEnd - row.reserveTarget - row.heldUnpaidBills - row.heldUndeposited
    text += " = \(Words.money(sum))"
    if sum < .zero { text += ", so nothing" }
    return row.cap < row.calculated ? text + "  ← the cap decides" : text
  }

  private var owners: String {
    let parts = row.owners.map { part in
      var text = "\(ledger.owners[part.owner].name) \(Words.money(part.amount))"
      if part.held > .zero { text += " (held \(Words.money(part.held)))" }
      if part.shortfall > .zero { text += " (owes \(Words.money(part.shortfall)))" }
      return text
    }
    let declared = row.isDeclared ? " declared" : ""
    return "draw \(Words.money(row.draw))\(declared)"
      + (parts.isEmpty ? "" : ": " + parts.joined(separator: " · "))
  }
}
