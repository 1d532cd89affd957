import Domain
import Terminal
import Testing

@testable import Interface

@Suite("Keys") struct SteeringTests {
  @Test(
    "ask for what they say",
    arguments: [
      ("s", Effect.startSync(full: false, resources: [], dryRun: false)),
      ("d", .startSync(full: false, resources: [], dryRun: true)),
      ("Down Down S", .startSync(full: false, resources: [.properties], dryRun: false)),
      ("p", .pauseSync), ("r", .retry("d1")), ("R", .retryAll), ("Tab r", .retry("d1")),
      ("q", .quit), ("Ctrl-L", .redraw), ("F12", .mouse(false)), ("L", .loadMessages),
      ("Ctrl-Z", .suspend), ("f Right Enter", .startSync(full: true, resources: [], dryRun: false)),
      ("f y", .startSync(full: true, resources: [], dryRun: false)), ("x y", .discard("d1")),
      ("Tab Enter r", .retry("d1")), ("Tab Enter x y", .discard("d1")), ("? Ctrl-L", .redraw),
      ("f Ctrl-L", .redraw), (": Ctrl-Z", .suspend),
    ]) func effects(keys: String, effect: Effect)
  {
    var session = Session(status: Sample.busy)
    session.press(keys)
    #expect(session.takeEffects() == [effect])
  }

  @Test("do nothing hasty: a question starts on Cancel, and its own key does not accept it")
  func cancel() {
    for keys in ["x Enter", "x x", "x Esc", "x n", "f Enter", "f f", "f Right Left Enter"] {
      var session = Session(status: Sample.busy)
      session.press(keys)
      #expect(session.takeEffects().isEmpty, "\(keys)")
    }
  }

  @Test("ask before a large full sync only, and say how large it is") func largeFull() {
    var small = Session(status: Sample.neverSynced)
    small.press("f")
    #expect(small.takeEffects() == [.startSync(full: true, resources: [], dryRun: false)])
    var large = Session(status: Sample.quiet)
    large.press("f")
    #expect(large.screen.contains("Sync all 91,436 records again?"))
    #expect(large.screen.contains("58,120 calls are left"))
  }

  @Test(
    "that cannot do anything now say why, and ask for nothing",
    arguments: [
      ("r", "nothing waits for a person"), ("x", "nothing waits for a person"),
      ("c", "No sync that was started here is running"), ("J", "No work waits"),
      ("D", "No dry run was made yet"), ("z", "z does nothing here"),
    ]) func reasons(keys: String, reason: String)
  {
    var session = Session(status: Sample.quiet)
    session.press(keys)
    #expect(session.takeEffects().isEmpty)
    #expect(session.notice.contains(reason))
  }

  @Test("start no second sync while one runs, and none while paused or unconnected") func once() {
    var session = Session(status: Sample.quiet)
    session.press("s s d f")
    #expect(session.takeEffects().count == 1)
    #expect(session.notice.contains("A sync is running already"))
    session.send(.syncEnded("All in step: 12 records.", hint: "", level: .info))
    #expect(session.notice.contains("All in step: 12 records."))
    session.send(.paused(true))
    _ = session.takeEffects()
    session.press("s")
    #expect(session.takeEffects().isEmpty)
    #expect(session.notice.contains("p goes on"))
    session.press("p")
    #expect(session.takeEffects() == [.resumeSync])
    var bare = Session(status: Sample.unconnected)
    bare.press("s")
    #expect(bare.takeEffects().isEmpty)
    #expect(bare.notice.contains("rentbook connect buildium"))
  }

  @Test("after a start that failed can start again") func failedStart() {
    var session = Session(status: Sample.quiet)
    session.press("s")
    session.send(.effectFailed("Another program syncs this store.", hint: "Wait for it."))
    _ = session.takeEffects()
    session.press("s")
    #expect(session.takeEffects() == [.startSync(full: false, resources: [], dryRun: false)])
  }

  @Test("stop a running sync once") func stop() {
    var session = Session(status: Sample.quiet)
    session.press("s c c")
    #expect(
      session.takeEffects()
        == [.startSync(full: false, resources: [], dryRun: false), .cancelSync])
    #expect(session.notice.contains("stopping already"))
  }

  @Test("quit at once when nothing runs; ask first while a sync does, and then stop it") func quit()
  {
    var session = Session(status: Sample.quiet)
    session.press("s")
    session.send(.syncStarted(dryRun: false))
    _ = session.takeEffects()
    session.press("q")
    #expect(session.takeEffects().isEmpty)
    #expect(session.screen.contains("Quit while a sync is running?"))
    session.press("Enter q y")
    #expect(session.takeEffects() == [.cancelSync, .quit])
  }

  @Test("go through the lists: down past the last row enters the next, up comes back") func walk() {
    var session = Session(status: Sample.busy)
    session.press("G j")
    #expect(session.line("▸").contains("Bill 88213"))
    session.press("k")
    #expect(session.line("▸").contains("Rent payments"))
    session.press("Tab Tab")
    #expect(session.line("▸").contains("running 82 %"))
    session.press("Esc")
    #expect(session.line("▸").contains("Rent payments"))
    session.press("J")
    #expect(session.line("▸").contains("running 82 %"))
  }

  @Test(
    "move as vi and as arrows do",
    arguments: [
      ("j j", "Properties"), ("Down Down k", "Owners"), ("G", "Rent payments"), ("End", "Rent pay"),
      ("G g", "GL accounts"), ("PageDown", "Rent payments"), ("G PageUp", "GL accounts"),
      ("Ctrl-D", "Rent payments"), ("Up", "GL accounts"), ("G Home", "GL accounts"),
    ]) func movement(keys: String, row: String)
  {
    var session = Session(status: Sample.quiet)
    session.press(keys)
    #expect(session.line("▸").contains(row))
  }

  @Test("r and x never mean a dead letter that is not selected") func notTheWrongOne() {
    var status = Sample.busy
    status.deadLetters.append(Sample.secondLetter)
    var session = Session(status: status)
    session.press("r x")
    #expect(session.takeEffects().isEmpty)
    #expect(session.notice.contains("Tab goes to the dead letters"))
    session.press("Tab j r")
    #expect(session.takeEffects() == [.retry("d2")])
  }

  @Test("in a filter are letters; Enter keeps it, Esc shows all") func filter() {
    var session = Session(status: Sample.quiet)
    session.press("/")
    session.type("s q")
    #expect(session.takeEffects().isEmpty)
    session.press("Ctrl-U")
    session.type("units")
    #expect(session.screen.contains("filter: units_  1 of 9"))
    #expect(!session.screen.contains("Leases"))
    session.press("Enter s")
    #expect(session.takeEffects().count == 1)
    #expect(session.screen.contains("filter: units  1 of 9"))
    session.press("Esc")
    #expect(session.screen.contains("Leases"))
    // The row stayed selected through all of it.
    #expect(session.line("▸").contains("Units"))
  }

  @Test("a paste is typed into a field, without line ends, and nothing elsewhere") func paste() {
    var session = Session(status: Sample.quiet)
    session.send(.paste("s\nq"))
    #expect(session.takeEffects().isEmpty)
    session.press("/")
    session.send(.paste("un\nits\u{1B}"))
    #expect(session.screen.contains("filter: units␛"))
  }

  @Test("Esc typed quickly before another key is both") func quickEscape() {
    var session = Session(status: Sample.busy)
    session.press("Tab Enter Alt-s")
    #expect(session.takeEffects() == [.startSync(full: false, resources: [], dryRun: false)])
  }

  @Test("run from the help and the palette, with their reasons") func run() {
    var session = Session(status: Sample.quiet)
    session.press("?")
    session.type("dry-run")
    session.press("Enter")
    #expect(session.takeEffects() == [.startSync(full: false, resources: [], dryRun: true)])
    session.press(":")
    session.type("retry-all")
    session.press("Enter")
    #expect(session.takeEffects().isEmpty)
    #expect(session.notice.contains("nothing waits for a person"))
    session.press("Esc :")
    session.type("messages")
    session.press("Enter")
    #expect(session.takeEffects() == [.loadMessages])
    #expect(session.screen.contains(" Messages"))
  }

  @Test("can be looked up over an open page too, and run on it") func helpOverPage() {
    var session = Session(status: Sample.busy)
    session.press("Tab Enter ?")
    session.type("retry")
    session.press("Enter")
    #expect(session.takeEffects() == [.retry("d1")])
    session.press("x ?")
    #expect(session.screen.contains("Discard Bill 88213?"))
  }

  @Test("copy what is selected") func copy() {
    var session = Session(status: Sample.busy)
    session.press("Tab y")
    guard case .copy(let text)? = session.takeEffects().first else {
      Issue.record("nothing was copied")
      return
    }
    #expect(text.hasPrefix("Bill 88213  buildium/bills/88213  Field"))
  }

  @Test("the mouse selects rows and scrolls under the pointer") func mouse() {
    var session = Session(status: Sample.busy)
    session.send(.mouse(Mouse(.press, row: 6, column: 10)))
    #expect(session.line("▸").contains("Properties"))
    session.send(.mouse(Mouse(.wheelDown, row: 6, column: 10)))
    #expect(session.line("▸").contains("Leases"))
    let lines = session.screen.split(separator: "\n", omittingEmptySubsequences: false)
    let row = lines.firstIndex { $0.contains("Bill 88213") } ?? 0
    session.send(.mouse(Mouse(.press, row: row, column: 3)))
    #expect(session.line("▸").contains("Bill 88213"))
    for _ in 0..<100 { session.send(.mouse(Mouse(.wheelDown, row: row, column: 3))) }
    #expect(session.takeEffects().isEmpty)
  }

  @Test("of a person's own choice replace the built-in ones") func keyMap() {
    var session = Session(
      status: Sample.quiet, keyMap: ["sync-now": [.function(5)], "quit": [.control("q")]])
    session.press("s")
    #expect(session.takeEffects().isEmpty)
    session.press("F5")
    #expect(session.takeEffects().count == 1)
    #expect(session.model.keyProblems.isEmpty)
    let wrong = Model(
      portfolio: "", now: Sample.now, keyMap: ["sync-now": [.character("p")], "sink": [.enter]])
    #expect(
      wrong.keyProblems == [
        "no action is called sink", "p means both sync-now and pause-or-resume",
      ])
  }
}

@Suite("The binding table") struct BindingTests {
  private static let world = Session(status: Sample.busy).model.world

  private func check(_ layer: any Layer, with shell: [Choice] = []) {
    var taken: [Key: Action] = [:]
    let own = layer.choices(Self.world)
    let ownKeys = Set(own.flatMap(\.keys))
    // What a pane does not do with a key of the shell's, the shell does.
    for choice in own + shell.filter({ ownKeys.isDisjoint(with: $0.keys) }) {
      guard !choice.keys.isEmpty else { continue }
      #expect(!choice.label.isEmpty && choice.label.count <= 16, "\(choice.action)")
      #expect(
        choice.help.hasSuffix(".") && (9...58).contains(choice.help.count), "\(choice.action)")
      for key in choice.keys {
        #expect(taken[key] == nil, "\(key) means \(choice.action) and \(taken[key]?.name ?? "")")
        taken[key] = choice.action
      }
      #expect(Key(choice.keyName) != nil, "\(choice.keyName) cannot be written in a key map")
    }
  }

  @Test("gives every action a key, a label and a help sentence, and no key two meanings")
  func complete() {
    let model = Session(status: Sample.busy).model
    for pane in model.panes { check(pane, with: model.shellChoices()) }
    check(Detail(.deadLetter("d1")))
    check(MessageLog())
    check(PlanView([]))
    check(ChoicePicker(.help, []))
    check(Confirmation("?", "", accept: "Yes", reactions: []))
    #expect(model.keyProblems == [])
  }

  @Test("is what the footer shows, and only what can be done now") func footer() {
    let quiet = Session(columns: 200, rows: 40, status: Sample.quiet)
    let keys = quiet.screen.split(separator: "\n").last ?? ""
    #expect(keys.contains("s sync now"))
    #expect(!keys.contains("retry"))
    #expect(!keys.contains("stop"))
    let busy = Session(columns: 200, rows: 40, status: Sample.busy)
    #expect(busy.screen.split(separator: "\n").last?.contains("r retry") == true)
    for columns in 60..<130 {
      let narrow = Session(columns: columns, rows: 20, status: Sample.busy)
      #expect(narrow.screen.split(separator: "\n").last?.hasSuffix(": commands  ? help") == true)
    }
  }
}
