# Weighted multiple correspondence analysis of respondents.csv by FactoMineR, the reference of test_profiles.py.
library(FactoMineR)
answers <- read.csv("respondents.csv", colClasses = "character")
weight <- as.numeric(answers$weight)
answers$weight <- NULL
answers[] <- lapply(answers, factor)
found <- MCA(answers, ncp = 12, graph = FALSE, row.w = weight)
options(digits = 17)
write.csv(found$eig[, 1], "eigenvalues.csv")
write.csv(found$ind$coord[1:10, 1:3], "rows.csv")
write.csv(found$var$coord[, 1:3], "columns.csv")
