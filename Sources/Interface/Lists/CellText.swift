// The values of lists as people read them.
import Domain
import Terminal

/// A value of a list in words.
public enum CellText {
  /// The text of a value: money with separators, times by the person's clock.
  public static func text(_ cell: ListCell, utcOffsetMinutes: Int) -> String {
    switch cell {
    case .none: ""
    case .text(let text): text
    // Years and house numbers are read without a separator.
    case .number(let value): value.magnitude < 10_000 ? String(value) : Words.number(value)
    case .money(let amount): Words.money(amount)
    case .date(let date): date.description
    case .instant(let instant): Words.moment(instant, utcOffsetMinutes: utcOffsetMinutes)
    case .flag(let flag): flag ? "yes" : "no"
    }
  }

  static func piece(_ cell: ListCell, _ world: World) -> Piece {
    let text = text(cell, utcOffsetMinutes: world.utcOffsetMinutes)
    if case .money(let amount) = cell, amount < .zero { return Piece(text, .moneyNegative) }
    return Piece(text)
  }

  /// Numbers stand at the right, so that their digits are under each other.
  static func alignment(_ kind: ListColumn.Kind) -> Alignment {
    kind == .number || kind == .money ? .right : .left
  }
}

extension Words {
  /// `1,212.40`, with a minus sign below zero.
  static func money(_ amount: Money) -> String {
    let cents = amount.minorUnits.magnitude % 100
    let whole = number(Int(amount.minorUnits.magnitude / 100))
    return "\(amount < .zero ? "−" : "")\(whole).\(cents < 10 ? "0" : "")\(cents)"
  }

  /// What a list is called.
  static func title(_ list: ListName) -> String {
    switch list {
    case .properties: "Properties"
    case .units: "Units"
    case .leases: "Leases"
    case .tenants: "Tenants"
    case .owners: "Owners"
    case .ownership: "Ownership"
    case .vendors: "Vendors"
    case .glAccounts: "GL accounts"
    case .bankAccounts: "Bank accounts"
    case .transactions: "Transactions"
    case .bills: "Bills"
    case .tasks: "Tasks"
    case .workOrders: "Work orders"
    case .audit: "Audit"
    case .apiLog: "API log"
    case .messages: "Messages"
    case .jobs: "Jobs"
    case .differences: "Differences"
    }
  }
}
