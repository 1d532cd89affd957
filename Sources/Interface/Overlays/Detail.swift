import Domain
import Terminal

/// One thing of the Sync pane, told in full: a resource, a job or a dead letter. It follows what it
/// shows: when the facts change, so does this.
struct Detail: Layer {
  enum Subject: Sendable, Hashable {
    case resource(Resource)
    case job(String)
    case deadLetter(String)
  }

  var subject: Subject
  private var offset = 0

  init(_ subject: Subject) { self.subject = subject }

  static let bindings: [Binding<Detail>] =
    Binding.movement + [
      Binding(
        [.character("r")], .retry, "retry", "Tries the dead letter again.", writes: true
      ) { detail, world in
        detail.letter(world) == nil ? "Only a dead letter can be tried again." : nil
      },
      Binding(
        [.character("x")], .discard, "discard", "Gives up on the dead letter, once asked.",
        writes: true
      ) { detail, world in
        detail.letter(world) == nil ? "Only a dead letter can be discarded." : nil
      },
      Binding([.character("y")], .copy, "copy", "Copies all of this to the clipboard."),
      Binding([.escape, .character("q"), .left], .back, "back", "Goes back to the list."),
    ]

  private func letter(_ world: World) -> DeadLetter? {
    guard case .deadLetter(let id) = subject else { return nil }
    return world.deadLetters.first { $0.id == id }
  }

  mutating func perform(_ action: Action, _ world: World) -> [Reaction] {
    let area = world.mainArea
    let last = max(0, lines(world, width: area.columns - 2).count - area.rows)
    switch action {
    case .up: offset -= 1
    case .down: offset += 1
    case .pageUp: offset -= max(1, area.rows - 1)
    case .pageDown: offset += max(1, area.rows - 1)
    case .first: offset = 0
    case .last: offset = last
    case .back: return [.close]
    case .copy:
      let text = lines(world, width: 10_000).map { $0.map(\.text).joined() }
      return [.effect(.copy(text.joined(separator: "\n")))]
    case .retry: return letter(world).map { [.close, .effect(.retry($0.id))] } ?? []
    case .discard: return letter(world).map { [SyncPane.askToDiscard($0)] } ?? []
    default: break
    }
    offset = max(0, min(offset, last))
    return []
  }

  mutating func mouse(_ mouse: Mouse, in area: Area, _ world: World) -> [Reaction] {
    switch mouse.what {
    case .wheelUp: perform(.up, world)
    case .wheelDown: perform(.down, world)
    case .press: []
    }
  }

  mutating func settle(in area: Area, _ world: World) -> [Reaction] {
    offset = max(0, min(offset, lines(world, width: area.columns - 2).count - area.rows))
    return []
  }

  func draw(on frame: inout Frame, in area: Area, _ world: World) {
    frame.fill(area)
    let lines = lines(world, width: max(1, area.columns - 2))
    for row in 0..<area.rows where offset + row < lines.count {
      frame.put(
        lines[offset + row], row: area.row + row, column: area.column + 1, width: area.columns - 1)
    }
    (frame.cursorRow, frame.cursorColumn) = (area.row, area.column)
  }

  private func lines(_ world: World, width: Int) -> [[Piece]] {
    switch subject {
    case .resource(let resource):
      guard let row = world.status?.resources.first(where: { $0.resource == resource }) else {
        return Self.gone("resource")
      }
      return resourceLines(row, world, width: width)
    case .job(let id):
      guard let job = world.jobs.first(where: { $0.id == id }) else { return Self.gone("job") }
      return jobLines(job, world, width: width)
    case .deadLetter:
      guard let letter = letter(world) else { return Self.gone("dead letter") }
      return letterLines(letter, world, width: width)
    }
  }

  private static func gone(_ noun: String) -> [[Piece]] {
    [[Piece("This \(noun) is settled and no longer in the list. Esc goes back.", .dim)]]
  }

  private func fact(_ name: String, _ value: String, _ style: Style = .text) -> [Piece] {
    [Piece(TextWidth.fitted(name, to: 18), .dim), Piece(value, style)]
  }

  private func paragraph(_ text: String, width: Int, _ style: Style = .text) -> [[Piece]] {
    TextWidth.wrapped(text, to: max(1, width)).map { [Piece($0, style)] }
  }

  private func letterLines(_ letter: DeadLetter, _ world: World, width: Int) -> [[Piece]] {
    [[Piece("! \(letter.title) refused by \(letter.service.title)", .error)], []]
      + paragraph(letter.message, width: width)
      + [
        [],
        fact("Resource", letter.resource.title),
        fact("Record", letter.key?.description ?? "the job as a whole"),
        fact("Tried", Words.count(letter.attempts, "time")),
        fact(
          "Given up",
          "\(Words.moment(letter.at, world)) (\(Words.ago(letter.at, world.now)))"),
        [],
      ]
      + paragraph(
        "Put right what is wrong, then r tries again. x gives up on this change for good; "
          + "the record is sent again when it next changes.", width: width, .dim)
  }

  private func jobLines(_ job: JobStatus, _ world: World, width: Int) -> [[Piece]] {
    var lines: [[Piece]] = [
      [Piece(SyncPane.title(job), .heading)], [],
      fact("State", SyncPane.state(job, world).text, SyncPane.state(job, world).style),
      fact("Service", job.service.title),
      fact(
        "Done",
        Words.number(job.progress.done)
          + (job.progress.total.map { " of \(Words.number($0))" } ?? "")),
    ]
    if let rate = job.progress.ratePerSecond {
      lines.append(fact("Rate", "\(Words.tenths(rate)) records/s"))
    }
    if let left = job.progress.secondsLeft {
      lines.append(fact("Left", Words.duration(seconds: left)))
    }
    lines += [
      fact("Tried", Words.count(job.attempts, "time")),
      fact("Asked for", Words.moment(job.createdAt, world)),
      fact("Id", job.id),
    ]
    if let next = job.runAfter, next > world.now {
      lines.append(
        fact(
          "Next try", "in \(Words.span(milliseconds: next.milliseconds - world.now.milliseconds))"))
    }
    if !job.error.isEmpty { lines += [[]] + paragraph(job.error, width: width, .error) }
    return lines
  }

  private func resourceLines(_ row: ResourceStatus, _ world: World, width: Int) -> [[Piece]] {
    let state = SyncPane.state(row, width: 40)
    var lines: [[Piece]] = [
      [Piece(row.resource.title, .heading), Piece("   "), state], [],
      fact("At Buildium", Words.number(row.buildium)),
      fact("Here", Words.number(row.local)),
      fact("At Airtable", Words.number(row.airtable)),
      fact("To come in", Words.number(row.pendingIn)),
      fact("To go out", Words.number(row.pendingOut)),
      fact(
        "Refused", Words.number(row.deadLetters), row.deadLetters > 0 ? .error : .text),
      fact(
        "Last in step",
        row.lastSyncedAt.map { "\(Words.moment($0, world)) (\(Words.ago($0, world.now)))" }
          ?? "never"),
    ]
    let letters = world.deadLetters.filter { $0.resource == row.resource }
    if !letters.isEmpty { lines += [[], [Piece("Refused", .heading)]] }
    for letter in letters {
      lines += paragraph("! \(letter.title): \(letter.message)", width: width, .warning)
    }
    return lines
  }
}
