// The figures the NOI & Draws pane shows, as plain values. They are worked out beside the screen.
import Domain
import Reports

/// One line of figures.
public struct MonthLine: Sendable, Hashable {
  /// Where a line leads.
  public enum Lead: Sendable, Hashable {
    case place(MonthPlace)
    case record(RecordReference)
  }

  /// Tells it from the other lines of its sheet, whatever the months.
  public var id: String
  /// What it is called.
  public var title: String
  /// Who paid or was paid; of a transaction.
  public var who = ""
  /// How far it is indented, from 0.
  public var depth = 0
  /// What it adds to the net operating income of the months: cost is below zero.
  public var now = Money.zero
  /// The same of the months it is compared with.
  public var before = Money.zero
  /// The same of each of twelve months; empty where that means nothing.
  public var trend: [Money] = []
  /// What may be drawn for the months; nil where that is not known or means nothing.
  public var draw: Money?
  /// In a few words what decides the draw, or what a transaction was for.
  public var why = ""
  /// Whether a person should look at it.
  public var isWarning = false
  /// How the draw comes about, step by step.
  public var steps: [String] = []
  /// Income and cost apart, to be unfolded.
  public var parts: [MonthLine] = []
  /// Whether it is the sum of lines that follow it.
  public var isSum = false
  /// Where it leads; nil for nowhere.
  public var lead: Lead?

  init(_ id: String, _ title: String) { (self.id, self.title) = (id, title) }

  /// The place it leads to; nil for a record, or nowhere.
  var place: MonthPlace? {
    if case .place(let place) = lead { place } else { nil }
  }

  /// What it is more than before.
  public var change: Money { now - before }
}

/// What there is to see at a place.
public struct MonthSheet: Sendable, Hashable {
  /// The months.
  public var query: MonthQuery
  /// The place.
  public var place: MonthPlace
  /// What the place is called: `Maple Court`.
  public var title: String
  /// The lines.
  public var lines: [MonthLine] = []
  /// What holds for all lines: how the draw of a property comes about.
  public var steps: [String] = []
  /// What a reader should know, a sentence each.
  public var notes: [String] = []
  /// Whether the store has no posted transaction at all.
  public var isEmpty = false
  /// Whether the place is not there any more: a property that was deleted.
  public var isGone = false

  init(_ query: MonthQuery, _ place: MonthPlace, _ title: String) {
    (self.query, self.place, self.title) = (query, place, title)
  }

  /// What the figures are of, where that is not the months.
  public var nowTitle: String?
  /// What they are compared with, where that is not other months.
  public var beforeTitle: String?

  /// Whether its lines are transactions.
  var hasEntries: Bool {
    switch place {
    case .entries, .branch: true
    case .properties, .owners, .owner, .property, .forecast: false
    }
  }
}

/// A month's checks and where it stands.
public struct CloseSheet: Sendable, Hashable {
  /// What a check found.
  public struct Row: Sendable, Hashable {
    /// What is wrong, in words.
    public var text: String
    /// The record it is about; nil for none that can be shown.
    public var record: RecordReference?

    /// A row.
    public init(_ text: String, record: RecordReference? = nil) {
      (self.text, self.record) = (text, record)
    }
  }

  /// A check.
  public struct Gate: Sendable, Hashable {
    /// What is checked.
    public var kind: CloseGate.Kind
    /// What holds the close up: as many as are shown.
    public var findings: [Row] = []
    /// How many there are.
    public var count = 0
    /// What is worth a look and holds nothing up.
    public var notes: [Row] = []
    /// Who decided to go on in spite of it, and why; nil for nobody.
    public var overriddenBy: String?
    /// Why.
    public var reason: String?

    /// A check that found nothing.
    public init(_ kind: CloseGate.Kind) { self.kind = kind }

    /// Whether nothing was found.
    public var passes: Bool { count == 0 }
    /// Whether it holds the close up.
    public var holdsUp: Bool { !passes && overriddenBy == nil }
  }

  /// The month.
  public var month: CalendarMonth
  /// `open`, `final` or `reopened`.
  public var state = "open"
  /// The number of the last version; 0 when there was none.
  public var version = 0
  /// Who finalised it; nil while it is not final.
  public var finalizedBy: String?
  /// When.
  public var finalizedAt: Instant?
  /// The checks, in order.
  public var gates: [Gate] = []
  /// What entries since then changed of a final month, a sentence each.
  public var restatements: [String] = []
  /// How many properties have figures.
  public var properties = 0
  /// Net operating income of all of them, cash.
  public var noi = Money.zero
  /// What is declared for their owners.
  public var draws = Money.zero
  /// Tells whether the figures are still those that were shown.
  public var inputsHash = ""

  /// A month without checks.
  public init(_ month: CalendarMonth) { self.month = month }

  /// Whether it is final.
  public var isFinal: Bool { state == "final" }
  /// The checks that hold it up.
  public var holding: [Gate] { gates.filter(\.holdsUp) }
}

/// The form of a report in a file.
public enum ReportFormat: String, Sendable, Hashable, CaseIterable {
  case csv, xlsx, pdf, json, text
}
