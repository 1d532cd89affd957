import Domain
import Terminal

/// What every pane and overlay may know: the facts that came in with messages. What a pane alone
/// cares about (its selection, its filter) is in the pane.
public struct World: Sendable {
  /// A sync that was asked for on this screen and has not ended.
  struct Run: Sendable, Hashable {
    var isDry: Bool
    /// Asked for and not yet begun.
    var isStarting = true
    var isStopping = false
    /// It runs by itself: a person may begin another, or leave.
    var isLook = false
  }

  /// Whose property this is.
  public internal(set) var portfolio: String
  /// The moment all relative times are measured from.
  public internal(set) var now: Instant
  /// What the person's clock shows more than UTC.
  public internal(set) var utcOffsetMinutes: Int
  /// How large the screen is.
  public internal(set) var size: Size
  /// What the store knows; nil until it was read.
  public internal(set) var status: SyncStatus?
  var messages: [LogMessage] = []
  var upcoming: [Upcoming] = []
  var run: Run?
  var isPaused = false
  /// Both sides are being compared.
  var comparing: Comparing?
  var plan: [PlannedWrite]?
  /// What the status line says.
  var notice: LogMessage?
  var keyMap: [Action: [Key]] = [:]
  /// Whether nothing may be changed from here.
  public internal(set) var isReadOnly = false
  /// Whether the screen is read aloud: no lines, no bars, nothing beside anything else, and what
  /// changes is said in the status line.
  public internal(set) var isPlain = false
  /// How the lists were looked at.
  var memory = ScreenMemory()
  /// What could be undone now.
  var undoable = Undoable()
  private var ownMessages: Int64 = 0

  init(portfolio: String, now: Instant, utcOffsetMinutes: Int, size: Size) {
    (self.portfolio, self.now) = (portfolio, now)
    (self.utcOffsetMinutes, self.size) = (utcOffsetMinutes, size)
  }

  static let readOnlyReason = "Read only: Rentbook was started with --read-only."

  /// How many messages are kept on the screen; the store keeps more.
  static let messagesMax = 1000

  /// Shows a message in the status line and keeps it in the log.
  mutating func say(_ text: String, hint: String = "", level: LogMessage.Level = .info) {
    // Numbers of the screen's own messages are negative, so that they meet none of the store's.
    ownMessages -= 1
    keep(LogMessage(id: ownMessages, at: now, level: level, text: text, hint: hint))
  }

  /// Answers a key in the status line only: nothing happened that the log should keep.
  mutating func answer(_ text: String) {
    notice = LogMessage(id: 0, at: now, level: .info, text: text)
  }

  /// Shows a message and keeps it.
  mutating func keep(_ message: LogMessage) {
    notice = message
    messages.removeAll { $0.id == message.id }
    messages.insert(message, at: 0)
    if messages.count > Self.messagesMax { messages.removeLast() }
  }

  /// Takes the store's messages in place of those it gave before.
  mutating func take(_ stored: [LogMessage]) {
    let ids = Set(stored.map(\.id))
    messages = (messages.filter { $0.id < 0 && !ids.contains($0.id) } + stored)
      .sorted { ($0.at, $0.id) > ($1.at, $1.id) }
    if messages.count > Self.messagesMax { messages.removeLast(messages.count - Self.messagesMax) }
  }

  /// The day by the person's clock.
  var today: CalendarDate { now.adding(milliseconds: Int64(utcOffsetMinutes) * 60_000).date }

  var deadLetters: [DeadLetter] { status?.deadLetters ?? [] }
  var jobs: [JobStatus] { status?.jobs ?? [] }

  func service(_ service: Service) -> ServiceStatus? {
    status?.services.first { $0.service == service }
  }

  /// Whether the service was ever set up.
  func isConnected(_ name: Service) -> Bool {
    service(name).map { $0.state != .notConnected } ?? false
  }
}
