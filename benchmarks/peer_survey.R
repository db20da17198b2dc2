# The peer for estimates: R `survey`, the answers of a question by region and size, domains of the whole design.
#
# Belongs here: running it on the chain's weighted responses. Not here: measuring or comparing. Run as
# `Rscript benchmarks/peer_survey.R WEIGHTED OUT [QUESTION...]`, CSV both.
suppressMessages(library(survey))
given <- commandArgs(trailingOnly = TRUE)
questions <- given[-(1:2)]
rows <- read.csv(given[1], colClasses = "character")
rows$weight <- as.numeric(rows$weight)
for (one in questions) rows[[one]] <- factor(rows[[one]])
design <- svydesign(ids = ~1, strata = ~stratum, weights = ~weight, data = rows)
found <- list()
for (one in questions) {
  answered <- subset(design, rows[[one]] != "NSP")
  answered$variables[[one]] <- droplevels(answered$variables[[one]])
  by <- svyby(reformulate(one), ~by_region + by_size, answered, svymean)
  levels <- levels(answered$variables[[one]])
  for (at in seq_along(levels)) {
    found[[length(found) + 1]] <- data.frame(
      question = one, answer = levels[at], region = by$by_region, size = by$by_size,
      value = unname(by[[paste0(one, levels[at])]]),
      standard_error = unname(SE(by)[[at]])
    )
  }
}
if (length(found)) write.csv(do.call(rbind, found), given[2], row.names = FALSE)
