import Sync
import Terminal

/// The settings file somebody begins with: every setting explained, each of them a comment, with the
/// value that holds without it wherever there is one.
enum SampleConfiguration {
  static var text: String {
    let schedule = Schedule.Settings()
    return """
      // Settings of Rentbook. Each is a comment: take the strokes away before it to make it hold.
      // The environment (RENTBOOK_...) comes before this file, the options of a command before both.
      {
        // Whose property this is; shown at the top of the screen.
        // "portfolio": "Harbor & Main Management",

        // Who is named in the trail of what people did; without it, your name on this computer.
        // "user": "ada",

        // Where the store is, and the key to what is sealed in it.
        // "store": "/home/ada/rentbook.sqlite",
        // "keyFile": "/home/ada/rentbook.key",

        // What runs by itself: the longest pause between two looks in seconds, and times of the day
        // by your clock. A time may be "off", which is never.
        // "schedule": {
        //   "pollSeconds": \(schedule.pollSeconds),
        //   "sweep": "\(time(schedule.sweep))",
        //   "reconcile": "\(time(schedule.reconcile))",
        //   "monthEnd": "\(time(schedule.monthEnd))",
        // },

        // The services. Secrets do not belong here: `rentbook connect` asks for them and seals them.
        // "buildium": {
        //   "requestsPerSecond": \(Configuration.buildiumRate),
        // },
        // "airtable": {
        //   "requestsPerSecond": \(Configuration.airtableRate),
        //   "monthlyCalls": \(Configuration.monthlyCallsDefault),
        //   "names": { "tables": { "Properties": "Buildings" } },
        // },

        // Colours: \(Theme.builtIn.map(\.name).joined(separator: ", ")), or NAME where NAME.theme
        // lies beside this file. Without it, by the background of the terminal.
        // "theme": "dark",

        // Single looks: the text's colour (and, after a stroke, that of terminals with few), the
        // background's, words.
        // "colors": { "warning": "#ffb86b/bright-yellow default bold" },

        // Keys, by the name of what they do; `:` on the screen lists the names. Several stand in
        // brackets, and [] leaves something without a key.
        // "keys": { "sync-now": "F5", "quit": ["Ctrl-Q", "q"], "suspend": [] },
      }

      """
  }

  private static func time(_ minute: Int?) -> String {
    guard let minute else { return "off" }
    func two(_ number: Int) -> String { (number < 10 ? "0" : "") + "\(number)" }
    return two(minute / 60) + ":" + two(minute % 60)
  }
}
