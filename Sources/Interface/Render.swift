// The picture of a model: top line, tabs, the pane or what lies over it, the status line, the keys.
import Domain
import Terminal

/// Draws a model. Pure: the same model gives the same frame. No size is too small.
public func render(_ model: Model) -> Frame {
  var frame = Frame(model.world.size)
  if model.isTooSmall {
    model.drawTooSmall(on: &frame)
  } else {
    model.drawShell(on: &frame)
  }
  return frame
}

extension World {
  /// Rows above the main area: top line, tabs, rule; and below it: rule, status line, keys.
  private static let above = 3, below = 3

  /// Where panes and overlays draw.
  var mainArea: Area {
    Area(
      row: Self.above, column: 0, rows: size.rows - Self.above - Self.below, columns: size.columns)
  }
}

extension Model {
  fileprivate func drawTooSmall(on frame: inout Frame) {
    let size = world.size
    let text = "terminal too small (\(size), need \(Self.smallest))"
    let lines = TextWidth.wrapped(text, to: size.columns, linesMax: size.rows)
    for (row, line) in lines.prefix(size.rows).enumerated() {
      frame.put(line, row: row, column: 0, style: .warning)
    }
  }

  fileprivate func drawShell(on frame: inout Frame) {
    let main = world.mainArea
    drawTop(on: &frame)
    for (index, tab) in tabs().enumerated() {
      frame.put(
        tab.text, row: 1, column: tab.columns.lowerBound, style: index == current ? .tab : .text)
    }
    frame.rule(row: main.row - 1, in: frame.area)
    frame.rule(row: main.endRow, in: frame.area)
    // What lies over all of a pane is drawn alone.
    let first = overlays.lastIndex { !($0 is Confirmation) || world.isPlain }
    if first == nil { panes[current].draw(on: &frame, in: main, world) }
    for layer in overlays[(first ?? 0)...] {
      if world.isPlain { frame.fill(main) }
      layer.draw(on: &frame, in: main, world)
    }
    drawNotice(on: &frame, row: main.endRow + 1)
    drawKeys(on: &frame, row: main.endRow + 2)
    if world.isPlain {
      frame.removeLines()
      frame.showsCursor = true
    }
  }

  private func drawTop(on frame: inout Frame) {
    let width = frame.size.columns
    var cells = (world.status?.services ?? [])
      .filter { $0.state != .notConnected || $0.service == .buildium || $0.service == .airtable }
      .map { SyncPane.serviceCell($0, world) }
    let waiting = panes.reduce(0) { $0 + $1.count(world) }
    if world.isReadOnly { cells.insert(Piece("read only", .warning), at: 0) }
    if waiting > 0 { cells.append(Piece("! \(Words.number(waiting)) need you", .warning)) }
    let right = Array(cells.map { [$0] }.joined(separator: [Piece("   ")]))
    let start = max(0, width - 1 - right.columns)
    frame.put(right, row: 0, column: start, width: width - start)
    let left = start - 2
    let brand = "Rentbook"
    guard left > brand.count else { return }
    var at = 1 + frame.put(brand, row: 0, column: 1, style: .brand)
    guard left - at > 8 else { return }
    let month = Words.month(world)
    let hasMonth = left - at > TextWidth.columns(world.portfolio) + month.count + 6
    // A portfolio nobody named is called as the program is.
    if world.portfolio != brand {
      let portfolio = TextWidth.truncated(world.portfolio, to: left - at - 2)
      at += 2 + frame.put(portfolio, row: 0, column: at + 2, style: .heading)
    }
    if hasMonth { frame.put(month, row: 0, column: at + 4, style: .text) }
  }

  /// The tabs and the columns they stand in. Where the terminal is narrow they give up, one after the
  /// other: the space between them, what is not a count, the longer names, and at last all letters
  /// but those of the tab one is on. The digits always stay, for they are the keys.
  func tabs() -> [(text: String, columns: Range<Int>)] {
    func texts(_ body: (any Pane) -> (title: String, badge: String)) -> [String] {
      panes.map { pane in
        let (title, badge) = body(pane)
        return "\(type(of: pane).number) \(title)\(badge)"
      }
    }
    func counted(_ pane: any Pane) -> String { type(of: pane).countBadge(pane.count(world)) }
    let full = texts { (type(of: $0).title, $0.badge(world)) }
    let plain = texts { (type(of: $0).title, counted($0)) }
    let short = texts { (type(of: $0).shortTitle, counted($0)) }
    func cut(_ letters: Int) -> [String] {
      panes.enumerated().map { index, pane in
        let number = "\(type(of: pane).number)"
        if index == current { return short[index] }
        guard letters > 0 else { return number }
        let title = TextWidth.truncated(type(of: pane).shortTitle, to: letters)
        return "\(number) \(title)\(counted(pane))"
      }
    }
    let roomy = [(full, 3), (full, 2), (plain, 3), (plain, 2), (short, 2), (short, 1)]
    let tight = [8, 7, 6, 5, 4, 3, 0].lazy.map { (cut($0), $0 == 0 ? 2 : 1) }
    func fits(_ texts: [String], _ gap: Int) -> Bool {
      texts.reduce(1 - gap) { $0 + TextWidth.columns($1) + gap } < world.size.columns
    }
    let (texts, gap) = roomy.first(where: fits) ?? tight.first(where: fits) ?? (cut(0), 1)
    var at = 1
    return texts.map { text in
      defer { at += TextWidth.columns(text) + gap }
      return (text, at..<(at + TextWidth.columns(text)))
    }
  }

  private func drawNotice(on frame: inout Frame, row: Int) {
    guard let notice = world.notice else { return }
    var pieces = [Piece("\(notice.level.sign) \(notice.text)", notice.level.style)]
    if !notice.hint.isEmpty { pieces.append(Piece("  \(notice.hint)", .dim)) }
    let isCut = pieces.columns > frame.size.columns - 2
    if isCut, notice.id != 0 {
      let more = Piece(" L shows all", .key)
      frame.put(pieces, row: row, column: 1, width: frame.size.columns - 2 - more.text.count)
      frame.put([more], row: row, column: frame.size.columns - 1 - more.text.count, width: 20)
    } else {
      frame.put(pieces, row: row, column: 1, width: frame.size.columns - 2)
    }
  }

  /// The keys that work now, as many as fit; the last two, which lead to all others, always do.
  private func drawKeys(on frame: inout Frame, row: Int) {
    let isTyping = overlays.last?.isTyping ?? panes[current].isTyping
    // Where letters are letters, `?` is one too.
    var choices = topChoices().filter {
      $0.isInFooter && $0.reason == nil && !(isTyping && $0.action == .help)
    }
    if isTyping, overlays.isEmpty || choices.isEmpty {
      let labels = overlays.last?.typingLabels ?? panes[current].typingLabels
      let keep = Choice(
        keys: [.enter], action: .filter, label: labels.enter, help: "", isInFooter: true)
      let end = Choice(
        keys: [.escape], action: .back, label: labels.escape, help: "", isInFooter: true)
      choices = [keep, end]
    }
    func pieces(_ choice: Choice) -> [Piece] {
      var label = choice.label
      if choice.action == .pauseOrResume, world.isPaused { label = "resume" }
      return [Piece(choice.keyName, .key), Piece(" \(label)"), Piece("  ")]
    }
    let lastCount = overlays.isEmpty && !isTyping ? 2 : 0
    let last = choices.suffix(lastCount).flatMap(pieces)
    var line: [Piece] = []
    for choice in choices.dropLast(lastCount) {
      let next = pieces(choice)
      guard line.columns + next.columns + last.columns - 2 < frame.size.columns else { break }
      line += next
    }
    // Without the space after the last.
    frame.put((line + last).dropLast(), row: row, column: 1, width: frame.size.columns - 1)
  }
}
