//! Words of what a provider asks of an enrolled device.

/// Words of events and messages.
#[derive(Debug)]
pub struct EventMessages {
    /// Title of what is coming and under way.
    pub title: &'static str,
    /// There is nothing.
    pub none: &'static str,
    /// An event without a name.
    pub unnamed: &'static str,
    /// Before the name of the programme.
    pub programme: &'static str,
    /// Before what there is for taking part.
    pub incentive: &'static str,
    /// When it is not known when it begins.
    pub no_time: &'static str,
    /// Where it stands.
    pub state: EventStates,
    /// It is not what it was at first.
    pub changed: &'static str,
    /// What is asked.
    pub asked: AskedMessages,
    /// The person takes part.
    pub takes_part: &'static str,
    /// The person does not.
    pub sits_out: &'static str,
    /// And the provider does not know it yet.
    pub untold: &'static str,
    /// Takes part.
    pub take_part: &'static str,
    /// Does not.
    pub sit_out: &'static str,
    /// What has been.
    pub history: HistoryMessages,
    /// Title of messages.
    pub notes: &'static str,
}

/// Where an event stands.
#[derive(Debug)]
pub struct EventStates {
    /// It has not begun.
    pub coming: &'static str,
    /// It is under way.
    pub running: &'static str,
    /// It is over.
    pub over: &'static str,
    /// It was called off.
    pub cancelled: &'static str,
    /// The person sits it out.
    pub opted_out: &'static str,
}

/// What is asked. Where there is a number, it stands between the two parts.
#[derive(Debug)]
pub struct AskedMessages {
    /// Levels 0 to 3.
    pub levels: [&'static str; 4],
    /// Fewer kilowatts than usual.
    pub less: (&'static str, &'static str),
    /// More kilowatts than usual.
    pub more: (&'static str, &'static str),
    /// What a kilowatt-hour costs.
    pub price: (&'static str, &'static str),
    /// The most kilowatts from the grid.
    pub import: (&'static str, &'static str),
    /// The most kilowatts into the grid.
    pub export: (&'static str, &'static str),
    /// A warning; its words stand between the two parts.
    pub alert: (&'static str, &'static str),
    /// Anything else; the word and value of OpenADR stand between the two parts.
    pub other: (&'static str, &'static str),
}

/// What has been.
#[derive(Debug)]
pub struct HistoryMessages {
    /// Opens it.
    pub title: &'static str,
    /// Caption of the chart of kilowatt-hours.
    pub energy: &'static str,
    /// Caption of the chart of hours.
    pub hours: &'static str,
    /// Which bars are of events in which the person took part.
    pub bar_in: &'static str,
    /// Which are not.
    pub bar_out: &'static str,
    /// Heads of the table.
    pub heads: [&'static str; 4],
    /// In the table: took part.
    pub took_part: &'static str,
    /// In the table: sat out.
    pub sat_out: &'static str,
    /// In the table: called off.
    pub cancelled: &'static str,
}

/// English.
pub const EN: EventMessages = EventMessages {
    title: "Events",
    none: "Nothing is asked of you at the moment. When your provider plans something, it appears here.",
    unnamed: "Event",
    programme: "Programme:",
    incentive: "For taking part:",
    no_time: "The time is not known yet",
    state: EventStates {
        coming: "Coming up",
        running: "Under way",
        over: "Over",
        cancelled: "Called off",
        opted_out: "Without you",
    },
    changed: "Your provider has changed this event; this is how it stands now.",
    asked: AskedMessages {
        levels: [
            "Use electricity as usual.",
            "Use a little less electricity than usual.",
            "Use much less electricity than usual.",
            "Use as little electricity as you can.",
        ],
        less: ("Use about ", " kW less than usual."),
        more: ("Use about ", " kW more than usual."),
        price: ("A kilowatt-hour costs ", "."),
        import: ("Take no more than ", " kW from the grid."),
        export: ("Feed no more than ", " kW into the grid."),
        alert: ("Your provider warns: ", ""),
        other: ("Your provider asks: ", ""),
    },
    takes_part: "You take part.",
    sits_out: "You sit this one out.",
    untold: "Your provider is told as soon as there is a connection.",
    take_part: "Take part",
    sit_out: "Sit this one out",
    history: HistoryMessages {
        title: "What has been",
        energy: "Energy you were asked to save, in kilowatt-hours",
        hours: "Hours for which something was asked of you",
        bar_in: "You took part",
        bar_out: "You did not",
        heads: ["Event", "When", "Asked", "You"],
        took_part: "took part",
        sat_out: "sat it out",
        cancelled: "called off",
    },
    notes: "Messages from your provider",
};

/// Spanish.
pub const ES: EventMessages = EventMessages {
    title: "Eventos",
    none: "De momento no se le pide nada. Cuando su compañía planee algo, aparecerá aquí.",
    unnamed: "Evento",
    programme: "Programa:",
    incentive: "Por participar:",
    no_time: "Aún no se sabe cuándo",
    state: EventStates {
        coming: "Próximamente",
        running: "En curso",
        over: "Terminado",
        cancelled: "Cancelado",
        opted_out: "Sin usted",
    },
    changed: "Su compañía ha cambiado este evento; así está ahora.",
    asked: AskedMessages {
        levels: [
            "Use la electricidad como siempre.",
            "Use un poco menos de electricidad que de costumbre.",
            "Use mucha menos electricidad que de costumbre.",
            "Use la menor electricidad posible.",
        ],
        less: ("Use unos ", " kW menos que de costumbre."),
        more: ("Use unos ", " kW más que de costumbre."),
        price: ("El kilovatio hora cuesta ", "."),
        import: ("No tome de la red más de ", " kW."),
        export: ("No entregue a la red más de ", " kW."),
        alert: ("Su compañía avisa: ", ""),
        other: ("Su compañía pide: ", ""),
    },
    takes_part: "Usted participa.",
    sits_out: "Usted no participa en este.",
    untold: "Se le dirá a su compañía en cuanto haya conexión.",
    take_part: "Participar",
    sit_out: "No participar en este",
    history: HistoryMessages {
        title: "Lo que hubo",
        energy: "Energía que se le pidió ahorrar, en kilovatios hora",
        hours: "Horas en las que se le pidió algo",
        bar_in: "Usted participó",
        bar_out: "No participó",
        heads: ["Evento", "Cuándo", "Se pidió", "Usted"],
        took_part: "participó",
        sat_out: "no participó",
        cancelled: "cancelado",
    },
    notes: "Mensajes de su compañía",
};
