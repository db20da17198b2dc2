# Data that R's survey package ships (GPL: not ours to ship), and its own results on them.
# Rscript ships_with_r.R FOLDER: writes the data as CSV into FOLDER; prints case, name, estimate, standard error.
suppressMessages(library(survey))
folder <- commandArgs(trailingOnly = TRUE)[1]
data(fpc); data(scd); data(hospital); data(mu284)
for (name in c("fpc", "scd", "hospital", "mu284")) {
  write.csv(get(name), file.path(folder, paste0(name, ".csv")), row.names = FALSE)
}
say <- function(case, s, names = "x") {
  cat(sprintf("%s,%s,%.17g,%.17g\n", case, names, as.numeric(coef(s)), as.numeric(SE(s))), sep = "")
}
wr <- svydesign(weights = ~weight, ids = ~psuid, strata = ~stratid, variables = ~x, data = fpc, nest = TRUE)
wo <- svydesign(weights = ~weight, ids = ~psuid, strata = ~stratid, fpc = ~Nh, variables = ~x, data = fpc, nest = TRUE)
for (d in c("with_replacement", "with_fpc")) {
  design <- if (d == "with_fpc") wo else wr
  say(paste0("fpc/", d, "/mean"), svymean(~x, design))
  say(paste0("fpc/", d, "/total"), svytotal(~x, design))
  say(paste0("fpc/", d, "/domain4"), svymean(~x, subset(design, x > 4)))
  say(paste0("fpc/", d, "/domain5"), svymean(~x, subset(design, x > 5)))
}
ambulances <- suppressWarnings(svydesign(data = scd, prob = ~1, id = ~ambulance, strata = ~ESA, nest = TRUE))
say("scd/ratio", svyratio(~alive, ~arrests, ambulances))
births <- svydesign(strata = ~oblevel, id = ~hospno, weights = ~weighta, fpc = ~tothosp, data = hospital)
say("hospital/total", svytotal(~births, births))
say("hospital/mean", svymean(~births, births))
by <- svyby(~births, ~oblevel, births, svymean)
say("hospital/by", by, as.character(by$oblevel))
